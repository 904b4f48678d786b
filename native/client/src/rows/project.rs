use super::fields::set;
use crate::domain::{Domain, Project};
use crate::wire::{Fields, WireError};

/// `flyteidl.admin.Project` (`admin/project.proto`: id 1, name 2, domains 3, description 4).
pub(crate) fn project(message: &[u8]) -> Result<Project, WireError> {
    let mut row = Project::default();
    for field in Fields::new(message) {
        match field? {
            (1, text) => set(&mut row.id, text)?,
            (2, text) => set(&mut row.name, text)?,
            (3, part) => row.domains.push(domain(part.bytes()?)?),
            (4, text) => set(&mut row.description, text)?,
            _ => {}
        }
    }
    Ok(row)
}

/// `flyteidl.admin.Domain` (`admin/project.proto`: id 1, name 2).
fn domain(message: &[u8]) -> Result<Domain, WireError> {
    let mut row = Domain::default();
    for field in Fields::new(message) {
        match field? {
            (1, text) => set(&mut row.id, text)?,
            (2, text) => set(&mut row.name, text)?,
            _ => {}
        }
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use flyte_idl::flyteidl::admin;
    use prost::Message;

    use super::*;

    #[test]
    fn a_project_has_its_domains_in_order() {
        let message = admin::Project {
            id: "p".to_owned(),
            name: "A project".to_owned(),
            description: "for people".to_owned(),
            domains: ["staging", "development"]
                .map(|id| admin::Domain { id: id.to_owned(), name: id.to_uppercase() })
                .to_vec(),
            org: "passed over".to_owned(),
            ..Default::default()
        };
        let row = project(&message.encode_to_vec()).unwrap();
        assert_eq!((row.id, row.name, row.description), (message.id, message.name, message.description));
        assert_eq!(
            row.domains.into_iter().map(|domain| (domain.id, domain.name)).collect::<Vec<_>>(),
            [("staging".into(), "STAGING".into()), ("development".into(), "DEVELOPMENT".into())]
        );
    }
}

//! The table of RPCs in the README, made from flyteidl's descriptors and the routes. The test fails when the README has
//! another one; with the environment variable `FLYTE_WRITE_README` set it writes the table there.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use prost_reflect::{DescriptorPool, ServiceDescriptor};

use super::routes;

const BEGIN: &str = "<!-- RPCs of the embedded Flyte: generated, see native/local/src/rpc/table.rs -->";
const END: &str = "<!-- end of the RPCs -->";

/// The services of FlyteAdmin. What else flyteidl describes, such as agents, are servers of their own.
const SHOWN: [&str; 5] =
    ["AdminService", "DataProxyService", "SignalService", "IdentityService", "AuthMetadataService"];

/// The table's Markdown, with columns of even width as formatters want it.
fn table(services: &[ServiceDescriptor]) -> String {
    let mut rows = vec![["service", "RPC", "answer"].map(str::to_owned)];
    for service in services {
        for method in service.methods() {
            let answer = match routes::handler(&format!("/{}/{}", service.full_name(), method.name())) {
                Ok(_) => "implemented".to_owned(),
                Err(status) => format!("UNIMPLEMENTED: {}", status.message()),
            };
            rows.push([service.name().to_owned(), format!("`{}`", method.name()), answer]);
        }
    }
    let widths = [0, 1, 2].map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or_default());
    rows.insert(1, widths.map(|width| "-".repeat(width)));
    let mut out = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(widths) {
            write!(out, "| {cell:width$} ").unwrap();
        }
        out.push_str("|\n");
    }
    out
}

#[test]
fn the_readme_has_the_table() {
    let pool = DescriptorPool::decode(flyte_idl::FILE_DESCRIPTOR_SET).unwrap();
    let services = SHOWN.map(|name| pool.get_service_by_name(&format!("flyteidl.service.{name}")).unwrap());
    let table = table(&services);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let wanted = format!("{before}{BEGIN}\n\n{table}\n{END}{after}");
    if std::env::var_os("FLYTE_WRITE_README").is_some() {
        fs::write(&path, &wanted).unwrap();
    } else {
        assert!(
            readme == wanted,
            "the README's table is stale; FLYTE_WRITE_README=1 cargo test -p flyte-local table"
        );
    }
}

#[test]
fn what_is_not_implemented_says_so() {
    for (path, message) in [
        ("/flyteidl.service.IdentityService/UserInfo", "unknown service flyteidl.service.IdentityService"),
        (
            "/flyteidl.service.AdminService/NoSuch",
            "NoSuch of flyteidl.service.AdminService is not implemented by the embedded Flyte",
        ),
        ("nonsense", "unknown service nonsense"),
    ] {
        let status = routes::handler(path).err().unwrap();
        assert_eq!((status.code(), status.message()), (tonic::Code::Unimplemented, message));
    }
}

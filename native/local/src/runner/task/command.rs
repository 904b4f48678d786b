//! The process of an attempt: program, arguments and variables, with all placeholders replaced.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::bundle::Bundle;
use super::places::{Place, Places};
use super::recipe::{Recipe, name_of};
use super::templates::Values;
use super::{Attempt, leftovers};

/// What to start.
pub struct Command {
    pub program: OsString,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<OsString, OsString>,
    /// What to unpack first.
    pub bundle: Option<Bundle>,
}

impl Command {
    /// Lets Python import from one more folder, the last one, as pyflyte-fast-execute does.
    pub fn import_from(&mut self, folder: &Path) {
        let known = self.environment.entry("PYTHONPATH".into()).or_default();
        if known.is_empty() {
            *known = folder.into();
        } else {
            known.push(if cfg!(windows) { ";" } else { ":" });
            known.push(folder);
        }
    }
}

/// The command of `attempt` by `recipe`. `bin` is the folder of the Python interpreter, `scratch` a folder that lasts
/// as long as the process. Fails when a placeholder cannot be replaced.
pub fn command(
    recipe: Recipe,
    attempt: &Attempt,
    places: &Places,
    bin: &Path,
    scratch: &Path,
) -> Result<Command, String> {
    let values = values(attempt, places);
    let arguments: Result<Vec<_>, _> =
        recipe.arguments.iter().map(|argument| values.render(argument)).collect();
    let mut arguments = arguments?;
    let bundle = Bundle::take(&mut arguments);
    let program = if arguments.is_empty() { String::new() } else { arguments.remove(0) };
    Ok(Command {
        program: program_in(bin, &program),
        arguments,
        environment: environment(recipe.environment, attempt, places, bin, scratch),
        bundle,
    })
}

fn values(attempt: &Attempt, places: &Places) -> Values {
    let place = &attempt.place;
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let execution = &place.execution;
    let raw = |place: &Place| match &attempt.raw_output_prefix {
        Some(prefix) => format!("{}/{}", prefix.trim_end_matches('/'), unique_key(place)),
        None => text(places.raw(place)),
    };
    let previous = place.before().map(|before| checkpoint(&raw(&before))).filter(|path| may_exist(path));
    let named = vec![
        ("input", text(places.inputs(place))),
        ("inputprefix", text(places.folder(place))),
        ("outputprefix", text(places.folder(place))),
        ("checkpointoutputprefix", checkpoint(&raw(place))),
        // Two quotes are what flytekit takes for none.
        ("prevcheckpointprefix", previous.unwrap_or_else(|| "\"\"".into())),
        ("rawoutputdataprefix", raw(place)),
        ("perretryuniquekey", unique_key(place)),
        ("tasktemplatepath", text(places.template(place))),
        ("namespace", format!("{}-{}", execution.project, execution.domain)),
    ];
    Values { named, inputs: attempt.inputs.clone() }
}

/// Where an attempt with this prefix for raw outputs keeps its checkpoints.
fn checkpoint(raw: &str) -> String {
    format!("{raw}/_flytecheckpoints")
}

/// Whether there may be something at this address. Only that of this machine's own files is looked at.
fn may_exist(address: &str) -> bool {
    let path = address.strip_prefix("file://").unwrap_or(address);
    path.contains("://") || Path::new(path).exists()
}

/// A name for this attempt alone, of letters, digits and underscores.
fn unique_key(place: &Place) -> String {
    let item = place.item.map(|item| format!("_{item}")).unwrap_or_default();
    let name = format!("{}_{}{item}_{}", place.execution.name, place.node_id, place.attempt);
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("a{name}") } else { name }
}

/// The program in the interpreter's folder, if it has it: also when the image has it elsewhere. Else as it is, for PATH.
fn program_in(bin: &Path, program: &str) -> OsString {
    let name = name_of(program);
    for candidate in [bin.join(name), bin.join(format!("{name}{}", env::consts::EXE_SUFFIX))] {
        if !name.is_empty() && candidate.is_file() {
            return candidate.into();
        }
    }
    program.into()
}

/// Variables that tell flytekit which execution and task it runs in: those of the server's own process are not meant.
const OF_OTHER_TASKS: [&str; 2] = ["FLYTE_INTERNAL_", "_F_"];

fn environment(
    of_task: Vec<(String, String)>,
    attempt: &Attempt,
    places: &Places,
    bin: &Path,
    scratch: &Path,
) -> BTreeMap<OsString, OsString> {
    let mut environment: BTreeMap<OsString, OsString> = env::vars_os()
        .filter(|(name, _)| {
            let name = name.to_string_lossy();
            !OF_OTHER_TASKS.iter().any(|prefix| name.starts_with(prefix))
        })
        .collect();
    // What a task has printed is in its log even when it is killed.
    environment.insert("PYTHONUNBUFFERED".into(), "1".into());
    environment.extend(of_task.into_iter().map(|(name, value)| (name.into(), value.into())));
    environment.extend(internal(attempt).into_iter().map(|(name, value)| (name.into(), value.into())));
    environment
        .extend(attempt.environment.iter().map(|(name, value)| (name.clone().into(), value.clone().into())));
    let path = environment.get(&OsString::from("PATH")).cloned().unwrap_or_default();
    let folders = std::iter::once(bin.to_owned()).chain(env::split_paths(&path));
    // A folder with the separator in its name cannot be on PATH: the program's own path is used all the same.
    if let Ok(path) = env::join_paths(folders) {
        environment.insert("PATH".into(), path);
    }
    for name in ["TMPDIR", "TEMP", "TMP"] {
        environment.insert(name.into(), scratch.into());
    }
    environment.insert(leftovers::MARK.into(), places.folder(&attempt.place).into());
    environment
}

/// What propeller tells each task.
fn internal(attempt: &Attempt) -> Vec<(&'static str, String)> {
    let Place { execution, attempt: number, item, .. } = &attempt.place;
    let mut variables = vec![
        ("FLYTE_INTERNAL_EXECUTION_ID", execution.name.clone()),
        ("FLYTE_INTERNAL_EXECUTION_PROJECT", execution.project.clone()),
        ("FLYTE_INTERNAL_EXECUTION_DOMAIN", execution.domain.clone()),
        ("FLYTE_ATTEMPT_NUMBER", number.to_string()),
    ];
    if let Some(task) = &attempt.template.id {
        variables.extend([
            ("FLYTE_INTERNAL_TASK_PROJECT", task.project.clone()),
            ("FLYTE_INTERNAL_TASK_DOMAIN", task.domain.clone()),
            ("FLYTE_INTERNAL_TASK_NAME", task.name.clone()),
            ("FLYTE_INTERNAL_TASK_VERSION", task.version.clone()),
        ]);
    }
    if let Some(item) = item {
        variables.extend([
            ("BATCH_JOB_ARRAY_INDEX_VAR_NAME", "FLYTE_K8S_ARRAY_INDEX".to_owned()),
            ("FLYTE_K8S_ARRAY_INDEX", item.to_string()),
        ]);
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idl::core::WorkflowExecutionIdentifier;

    #[test]
    fn unique_keys_are_names() {
        let execution = WorkflowExecutionIdentifier { name: "9-x".into(), ..Default::default() };
        let place = Place { execution, node_id: "n0-0".into(), attempt: 2, item: Some(1) };
        assert_eq!(unique_key(&place), "a9_x_n0_0_1_2");
    }

    #[test]
    fn the_interpreters_own_programs_are_preferred() {
        let bin = tempfile::tempdir().unwrap();
        std::fs::write(bin.path().join("pyflyte-execute"), "").unwrap();
        let own = bin.path().join("pyflyte-execute").into_os_string();
        assert_eq!(program_in(bin.path(), "pyflyte-execute"), own);
        assert_eq!(program_in(bin.path(), "/opt/venv/bin/pyflyte-execute"), own);
        assert_eq!(program_in(bin.path(), "/bin/sh"), "/bin/sh");
    }
}

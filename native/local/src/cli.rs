//! The command line of `flyte-local`.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// To serve a data directory.
    Serve {
        /// The directory.
        data: PathBuf,
        /// 0 for a free one.
        port: u16,
        /// Whether to end when standard input does.
        exit_with_stdin: bool,
        /// The Python interpreter to run tasks with; without one nothing runs.
        python: Option<PathBuf>,
    },
    /// To fill a data directory with executions of a sample workflow.
    Seed {
        /// The directory.
        data: PathBuf,
        /// How many executions.
        executions: u64,
        /// The project that they are in, which is made if need be.
        project: String,
        /// The domain that they are in.
        domain: String,
    },
    /// To print [`HELP`].
    Help,
    /// To print the version.
    Version,
}

/// What `--help` prints.
pub const HELP: &str = "\
An embedded Flyte: FlyteAdmin's services for this machine, on loopback, over one data directory.

flyte-local serve --data DIR [--port P] [--python PATH] [--exit-with-stdin]
    Serves DIR, which is created if need be, on 127.0.0.1. Once it listens it prints one line of JSON,
    {\"endpoint\":\"127.0.0.1:PORT\",\"data\":\"/abs/dir\",\"pid\":N}, and writes the same to DIR/server.json.
    --port P            the port; without it, a free one
    --python PATH       runs executions, each task as a process of this Python interpreter, which must have
                        flytekit; container images are not used. Without it executions stay as they are
    --exit-with-stdin   ends when standard input is closed
    Exit code 3 means that another server uses DIR.

flyte-local seed --data DIR --executions N [--project P] [--domain D]
    Fills DIR with N executions of a sample workflow, the same ones each time, in P and D
    (flytesnacks and development unless given).

flyte-local --help | --version
";

/// Reads the arguments after the program's name. The error says what is wrong with them.
pub fn parse(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Command, lexopt::Error> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut name = None;
    let mut data = None;
    let mut port = None;
    let mut exit_with_stdin = false;
    let mut python = None;
    let mut executions = None;
    let mut project = None;
    let mut domain = None;
    while let Some(argument) = parser.next()? {
        let is = |command: &str| name.as_deref() == Some(command);
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Value(value) if name.is_none() => match value.string()?.as_str() {
                "help" => return Ok(Command::Help),
                command @ ("serve" | "seed") => name = Some(command.to_owned()),
                other => return Err(format!("there is no command {other:?}: use serve or seed").into()),
            },
            Long("data") if name.is_some() => data = Some(PathBuf::from(parser.value()?)),
            Long("port") if is("serve") => port = Some(parser.value()?.parse()?),
            Long("python") if is("serve") => python = Some(PathBuf::from(parser.value()?)),
            Long("exit-with-stdin") if is("serve") => exit_with_stdin = true,
            Long("executions") if is("seed") => executions = Some(parser.value()?.parse()?),
            Long("project") if is("seed") => project = Some(parser.value()?.string()?),
            Long("domain") if is("seed") => domain = Some(parser.value()?.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let name = name.ok_or("no command is given: use serve or seed")?;
    let data = data.ok_or("--data DIR is missing: the directory that holds, or shall hold, all data")?;
    if name == "serve" {
        return Ok(Command::Serve { data, port: port.unwrap_or(0), exit_with_stdin, python });
    }
    Ok(Command::Seed {
        data,
        executions: executions.ok_or("--executions N is missing: how many to make")?,
        project: project.unwrap_or_else(|| "flytesnacks".into()),
        domain: domain.unwrap_or_else(|| "development".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace()).map_err(|error| error.to_string())
    }

    #[test]
    fn serve() {
        let served =
            |port, exit_with_stdin| Command::Serve { data: "d".into(), port, exit_with_stdin, python: None };
        assert_eq!(parsed("serve --data d"), Ok(served(0, false)));
        assert_eq!(parsed("serve --data=d --port 30080 --exit-with-stdin"), Ok(served(30080, true)));
        let python = Some("/usr/bin/python3".into());
        let runs = Command::Serve { data: "d".into(), port: 0, exit_with_stdin: false, python };
        assert_eq!(parsed("serve --data d --python /usr/bin/python3"), Ok(runs));
        assert!(parsed("seed --data d --executions 1 --python p").is_err());
        assert!(parsed("serve").unwrap_err().contains("--data DIR is missing"));
        assert!(parsed("serve --data d --port high").is_err());
        assert!(parsed("serve --data d --port 70000").is_err());
        assert!(parsed("serve --data d --executions 3").is_err());
    }

    #[test]
    fn seed() {
        let seeded = |project: &str, domain: &str| Command::Seed {
            data: "d".into(),
            executions: 7,
            project: project.into(),
            domain: domain.into(),
        };
        assert_eq!(parsed("seed --data d --executions 7"), Ok(seeded("flytesnacks", "development")));
        assert_eq!(
            parsed("seed --data d --executions 7 --project p --domain staging"),
            Ok(seeded("p", "staging"))
        );
        assert!(parsed("seed --data d").unwrap_err().contains("--executions N is missing"));
        assert!(parsed("seed --data d --executions -1").is_err());
    }

    #[test]
    fn help_version_and_nonsense() {
        assert_eq!(parsed("--help"), Ok(Command::Help));
        assert_eq!(parsed("serve --help"), Ok(Command::Help));
        assert_eq!(parsed("--version"), Ok(Command::Version));
        assert!(parsed("").unwrap_err().contains("no command is given"));
        assert!(parsed("run").unwrap_err().contains("no command \"run\""));
        assert!(parsed("--data d serve").is_err());
    }
}

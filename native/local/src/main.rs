//! The embedded Flyte, see [`flyte_local`].

fn main() -> std::process::ExitCode {
    flyte_local::process::run()
}

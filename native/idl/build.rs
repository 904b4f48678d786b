//! Compiles every `.proto` file that the npm package `@flyteorg/flyteidl` ships into Rust, with no `protoc`.
//!
//! Three things come out, all in `OUT_DIR`: the messages and services (`flyte.rs`, nested by protobuf package), and
//! the descriptor set (`flyteidl.bin`) for whoever needs to reflect over messages.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use prost::Message;

/// Where npm puts flyteidl's sources, seen from this crate; `FLYTEIDL_PROTOS` overrides it.
const NPM_PROTOS: &str = "../../node_modules/@flyteorg/flyteidl/protos";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-env-changed=FLYTEIDL_PROTOS");
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let protos = env::var("FLYTEIDL_PROTOS").map_or_else(|_| manifest.join(NPM_PROTOS), PathBuf::from);
    let options = manifest.join("proto");
    println!("cargo:rerun-if-changed={}", protos.join("flyteidl").display());
    println!("cargo:rerun-if-changed={}", options.display());

    let mut files = Vec::new();
    proto_files(&protos.join("flyteidl"), &mut files).map_err(|error| {
        format!(
            "cannot read flyteidl's .proto files below {}: {error}. Run `npm ci` first, or set FLYTEIDL_PROTOS.",
            protos.display()
        )
    })?;
    files.sort();

    let descriptors = protox::compile(&files, [&protos, &options])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("flyteidl.bin"), descriptors.encode_to_vec())?;

    let mut config = prost_build::Config::new();
    config.bytes(["."]).include_file("flyte.rs");
    // Generated in this crate, so that bindings can implement their own traits for them.
    config.compile_well_known_types();
    // The comments in flyteidl are Markdown of many dialects: as doc tests they would be compiled and fail.
    config.disable_comments(["."]);
    tonic_prost_build::configure()
        .compile_well_known_types(true)
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}

/// Collects every `.proto` file below `folder` into `found`.
fn proto_files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            proto_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    Ok(())
}

//! DataProxyService: where to upload to and download from, and data by `flyte://` URL.

mod files;
mod flyte_url;
mod get_data;
mod locations;
mod signer;

pub use files::Files;
pub use get_data::{create_download_link, get_data};
pub use locations::{create_download_location, create_upload_location};
pub use signer::{SignedPath, Signer};

use std::fs::File;
use std::io::{self, Read};

use ::http::StatusCode;

use crate::failure::Outcome;
use crate::serve::Flyte;
use crate::store::objects;

/// What is at a native URL.
pub enum Object {
    /// Bytes in the database.
    Stored(Vec<u8>),
    /// A file, and how many bytes it has.
    File(File, u64),
}

impl Object {
    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        match self {
            Self::Stored(data) => data.len() as u64,
            Self::File(_, length) => *length,
        }
    }

    /// Its bytes.
    pub fn read(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Stored(data) => Ok(data),
            Self::File(file, length) => {
                let mut data = Vec::new();
                file.take(length).read_to_end(&mut data)?;
                Ok(data)
            }
        }
    }
}

impl Flyte {
    /// What is at a native URL that is this server's: an object in the database or an uploaded file.
    pub fn object(&self, uri: &str) -> Outcome<Option<Object>> {
        if let Some(data) = self.store.read(|connection| objects::get(connection, uri))? {
            return Ok(Some(Object::Stored(data)));
        }
        Ok(self.files.find(uri)?.map(|(file, length)| Object::File(file, length)))
    }
}

/// Why an upload or download is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("nothing is here: this port serves Flyte's gRPC, and the URLs that CreateUploadLocation signs")]
    NoSuchUrl,
    #[error("this URL is not signed for this method and these headers: ask CreateUploadLocation for one")]
    Signature,
    #[error("this URL has expired: ask for a new one")]
    Expired,
    #[error("there is no such object")]
    NotFound,
    #[error("the body's MD5 is {found}, Content-MD5 says {said}: nothing was stored, send it again")]
    Digest { said: String, found: String },
    #[error("the body broke off: {0}")]
    Broken(String),
    #[error("cannot read or write in the data directory: {0}")]
    Io(String),
}

impl Refusal {
    /// The HTTP status that says this.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchUrl | Self::NotFound => StatusCode::NOT_FOUND,
            Self::Signature | Self::Expired => StatusCode::FORBIDDEN,
            Self::Digest { .. } | Self::Broken(_) => StatusCode::BAD_REQUEST,
            Self::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

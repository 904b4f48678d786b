use std::collections::HashMap;
use std::net::SocketAddr;

use flyte_idl::flyteidl::core::{
    Literal, LiteralCollection, LiteralMap, Primitive, Scalar, literal, primitive, scalar,
};
use flyte_local::serve::Server;
use prost::Message;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server on a fresh data directory, with what the recorded one had at the start.
pub struct Running {
    pub address: SocketAddr,
    folder: TempDir,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server =
            Server::bind(&folder.path().join("data"), 0, &["flytesnacks", "flytetester"]).await.unwrap();
        let number = value(primitive::Value::Integer(1_234_567_890_123));
        server.put_object("s3://my-s3-bucket/o/ok.pb", &outputs(number)).unwrap();
        let text = value(primitive::Value::StringValue("x".repeat(100)));
        let list = LiteralCollection { literals: vec![text; 200_000] };
        let list = Literal { value: Some(literal::Value::Collection(list)), ..Default::default() };
        server.put_object("s3://my-s3-bucket/o/large.pb", &outputs(list)).unwrap();

        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        Self { address, folder, stop, task }
    }

    /// The folder of uploads.
    pub fn storage(&self) -> String {
        self.folder.path().join("data/storage").to_string_lossy().into_owned()
    }

    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

fn value(value: primitive::Value) -> Literal {
    let scalar = Scalar { value: Some(scalar::Value::Primitive(Primitive { value: Some(value) })) };
    Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
}

fn outputs(literal: Literal) -> Vec<u8> {
    LiteralMap { literals: HashMap::from([("o0".to_owned(), literal)]) }.encode_to_vec()
}

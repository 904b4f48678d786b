use std::net::TcpStream;

use crate::requests::newest;
use crate::spawned::{Spawned, command};
use crate::uploads::http;

/// On Linux every address that begins with 127 leads to this machine.
#[cfg(target_os = "linux")]
#[test]
fn it_listens_on_one_address_only() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let port: u16 = server.line.endpoint.rsplit(':').next().unwrap().parse().unwrap();
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    for other in ["127.0.0.2", "::1"] {
        TcpStream::connect((other, port)).unwrap_err();
    }
}

#[test]
fn a_web_page_cannot_call_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Spawned::start(folder.path(), &[]);
    let url = format!("http://{}/flyteidl.service.AdminService/GetVersion", server.line.endpoint);
    for content_type in ["application/grpc", "application/grpc-web+proto", "text/plain"] {
        let (status, answer) = http("POST", &url, &[("Content-Type", content_type)], &[0; 5]);
        assert_eq!(status, 404, "{content_type}");
        assert!(String::from_utf8(answer).unwrap().starts_with("nothing is here"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_are_all_answered() {
    let folder = tempfile::tempdir().unwrap();
    let seeded =
        command(&["seed", "--data", folder.path().to_str().unwrap(), "--executions", "200"]).status();
    assert!(seeded.unwrap().success());
    let server = Spawned::start(folder.path(), &[]);
    let admin = server.admin().await;
    let calls: Vec<_> = (0..400)
        .map(|_| {
            let mut admin = admin.clone();
            tokio::spawn(async move { admin.list_executions(newest(200, "", "")).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().into_inner().executions.len(), 200);
    }
    // Each handler has a connection to the database: three files at most.
    #[cfg(target_os = "linux")]
    {
        let open = std::fs::read_dir(format!("/proc/{}/fd", server.line.pid)).unwrap().count();
        assert!(open < 100, "{open} files are open");
    }
}

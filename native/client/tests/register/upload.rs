use std::time::Duration;

use flyte_client::domain::{EntityKind, RegistrationStatus, RegistrationStep};
use flyte_client::{CallOptions, ConnectionConfig, FailureReason, FlyteClient, FlyteError};
use flyte_idl::flyteidl::admin::TaskCreateRequest;
use http::Method;
use prost::Message;

use crate::flyte::{Flyte, Script};
use crate::plan::{Planned, id, task_spec};
use crate::store::{Manner, Store};
use crate::{Told, register, register_with};

const ADDRESS: &str = "s3://bucket/flytesnacks/development/key/fast1.tar.gz";

async fn flyte_with(store: &Store) -> Flyte {
    Flyte::start(Script { store: store.url.clone(), ..Default::default() }).await
}

/// A plan whose task waits for the bundle.
fn waiting(content: &[u8], address: Option<&str>) -> Planned {
    let spec =
        task_spec("a", &["--additional-distribution", "{{ .remote_package_path }}", "{{ .dest_dir }}"]);
    Planned::new().item(id(EntityKind::Task, "a"), &spec.encode_to_vec()).bundle(content, address)
}

#[tokio::test]
async fn the_bundle_is_stored_as_it_is_and_its_address_put_into_the_tasks() {
    let store = Store::start(Manner::Keeps).await;
    let flyte = flyte_with(&store).await;
    // Many reads long, so that it is streamed.
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let told = Told::default();
    let planned = waiting(&content, Some(ADDRESS));
    let report = register_with(&flyte, &planned, &told, &CallOptions::default()).await.unwrap();
    assert_eq!(report.bundle_uri, ADDRESS);
    assert_eq!(report.results[0].status, RegistrationStatus::Created);

    let uploads = store.uploads();
    let [upload] = &uploads[..] else { panic!("one upload") };
    assert_eq!(upload.method, Method::PUT);
    assert_eq!(upload.path, "/bucket/flytesnacks/development/key/fast1.tar.gz?X-Amz-Signature=s%3Decret");
    assert!(upload.body == content, "every byte arrived");
    let header = |name: &str| {
        upload.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(header("content-length"), ["3000000"], "the right length in place of the server's wrong one");
    assert_eq!(header("content-md5"), header("x-amz-meta-flytecontentmd5"));
    assert_eq!(header("host"), [store.url.strip_prefix("http://").unwrap()]);

    let request = TaskCreateRequest::decode(flyte.request("task a").unwrap()).unwrap();
    assert_eq!(request.spec, Some(task_spec("a", &["--additional-distribution", ADDRESS, "/root"])));

    let told = told.all();
    let steps: Vec<_> = told.iter().map(|progress| (progress.step, progress.done, progress.total)).collect();
    let upload = (RegistrationStep::Upload, 0, 1);
    assert_eq!(steps, [upload, upload, (RegistrationStep::Task, 1, 1)]);
}

#[tokio::test]
async fn an_empty_bundle_is_stored_too() {
    let store = Store::start(Manner::Keeps).await;
    let flyte = flyte_with(&store).await;
    register(&flyte, &waiting(b"", None)).await.unwrap();
    assert_eq!(store.uploads()[0].headers["content-length"], "0");
}

#[tokio::test]
async fn a_store_with_tls_is_trusted_by_the_connections_certificate() {
    let (store, certificate) = Store::start_with_tls().await;
    let flyte = flyte_with(&store).await;
    let planned = waiting(b"code", None);
    let config = ConnectionConfig { endpoint: flyte.endpoint.clone(), insecure: true, ..Default::default() };

    let client = FlyteClient::new(config.clone()).unwrap();
    let error = client.register(&planned.plan, &|_| {}, &CallOptions::default()).await.unwrap_err();
    assert_eq!(error.reason, FailureReason::Upload);
    assert!(error.details.contains("not trusted"), "{error:?}");

    let ca_cert_file = Some(planned.file("ca.pem", certificate.as_bytes()));
    let client = FlyteClient::new(ConnectionConfig { ca_cert_file, ..config }).unwrap();
    client.register(&planned.plan, &|_| {}, &CallOptions::default()).await.unwrap();
    assert_eq!(store.uploads().len(), 1);
}

async fn failure(store: &Store, planned: &Planned) -> FlyteError {
    let flyte = flyte_with(store).await;
    let error = register(&flyte, planned).await.unwrap_err();
    assert!(flyte.entities().is_empty(), "without its code nothing is created");
    assert_eq!(error.endpoint, flyte.endpoint);
    assert!(
        !error.to_string().contains("ecret") && !error.details.contains("ecret"),
        "no signature in {error:?}"
    );
    error
}

#[tokio::test]
async fn an_upload_that_the_store_refuses_is_told_in_its_words() {
    let store = Store::start(Manner::Refuses).await;
    let error = failure(&store, &waiting(b"code", None)).await;
    assert_eq!(error.reason, FailureReason::Upload);
    assert!(error.message.contains("answered 403 Forbidden, AccessDenied: No entry."), "{}", error.message);
    assert!(error.details.contains("<Code>AccessDenied</Code>"));
}

#[tokio::test]
async fn a_refusal_before_the_end_of_a_large_upload_is_told_too() {
    let store = Store::start(Manner::Refuses).await;
    let error = failure(&store, &waiting(&vec![7; 20_000_000], None)).await;
    assert_eq!(error.reason, FailureReason::Upload);
    assert!(error.message.contains("AccessDenied"), "{error:?}");
}

#[tokio::test]
async fn an_object_that_is_not_what_was_sent_is_an_error() {
    let store = Store::start(Manner::Mangles).await;
    let error = failure(&store, &waiting(b"code", None)).await;
    assert_eq!(error.reason, FailureReason::Upload);
    assert!(error.message.contains("not stored as it was sent"), "{}", error.message);
}

#[tokio::test]
async fn a_store_that_hangs_up_is_an_error() {
    let store = Store::start(Manner::HangsUp).await;
    let error = failure(&store, &waiting(&vec![7; 5_000_000], None)).await;
    assert_eq!(error.reason, FailureReason::Upload);
    assert!(error.message.contains("broke off"), "{}", error.message);
}

#[tokio::test]
async fn a_store_that_is_not_there_is_named() {
    let mut store = Store::start(Manner::Keeps).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    store.url = format!("http://{closed}");
    let error = failure(&store, &waiting(b"code", None)).await;
    assert_eq!(error.reason, FailureReason::Upload);
    assert!(error.message.contains(&format!("{closed}, where this Flyte keeps files, is not reached")));
}

#[tokio::test]
async fn an_address_that_is_no_url_is_an_error() {
    let mut store = Store::start(Manner::Keeps).await;
    for url in ["", "file://", "http://", "no url"] {
        store.url = url.into();
        let error = failure(&store, &waiting(b"code", None)).await;
        assert_eq!(error.reason, FailureReason::Upload, "{url}");
        assert!(error.message.contains("cannot be used"), "{}", error.message);
    }
}

#[tokio::test]
async fn another_address_than_the_one_serialised_for_is_refused_before_the_upload() {
    let store = Store::start(Manner::Keeps).await;
    let error = failure(&store, &waiting(b"code", Some("s3://bucket/elsewhere"))).await;
    assert_eq!(error.reason, FailureReason::Upload);
    assert!(error.message.contains("serialised for s3://bucket/elsewhere"), "{}", error.message);
    assert!(store.uploads().is_empty());
}

#[tokio::test]
async fn a_bundle_that_is_not_there_is_an_error_of_the_file() {
    let store = Store::start(Manner::Keeps).await;
    let mut planned = waiting(b"code", None);
    planned.plan.bundle.as_mut().unwrap().file = "/nowhere/fast1.tar.gz".into();
    let error = failure(&store, &planned).await;
    assert_eq!(error.reason, FailureReason::File);
}

#[tokio::test]
async fn an_upload_that_stands_still_ends_at_the_deadline() {
    let store = Store::start(Manner::Hangs).await;
    let flyte = flyte_with(&store).await;
    let options = CallOptions { timeout: Duration::from_millis(500), ..Default::default() };
    let error = register_with(&flyte, &waiting(b"code", None), &Told::default(), &options).await.unwrap_err();
    assert_eq!(error.reason, FailureReason::Deadline);
    assert!(error.message.contains("stood still for 0.5 s"), "{}", error.message);
    assert!(flyte.entities().is_empty());
}

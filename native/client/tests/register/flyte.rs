//! AdminService and DataProxyService in memory, as far as registration calls them.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut, Bytes, BytesMut};
use flyte_idl::flyteidl::admin::{
    Domain, LaunchPlanCreateRequest, LaunchPlanUpdateRequest, Project, ProjectListRequest, Projects,
    TaskCreateRequest, WorkflowCreateRequest, project::ProjectState,
};
use flyte_idl::flyteidl::core::{Identifier, Node, node, task_node, workflow_node};
use flyte_idl::flyteidl::service::{CreateUploadLocationRequest, CreateUploadLocationResponse};
use futures_util::stream;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::Code;

/// What the server does beside its usual work, by the entity's name.
#[derive(Default)]
pub struct Script {
    /// How long each creation takes.
    pub delay: Duration,
    /// Creations that are refused, and how.
    pub refuse: HashMap<String, (Code, String)>,
    /// Creations that are never answered.
    pub hang: HashSet<String>,
    /// The creation at which the server is gone.
    pub die_at: Option<String>,
    /// Refuses to activate launch plans.
    pub refuse_activation: bool,
    /// Refuses to list projects.
    pub hide_projects: bool,
    /// Where the store is.
    pub store: String,
}

#[derive(Default)]
struct State {
    /// `task a` → the request that created it.
    entities: HashMap<String, Bytes>,
    /// What was asked for, in the order in which it came.
    log: Vec<String>,
    under_way: usize,
    most_under_way: usize,
}

pub struct Flyte {
    pub endpoint: String,
    inner: Arc<Inner>,
}

struct Inner {
    script: Script,
    state: Mutex<State>,
    came: Notify,
    dead: CancellationToken,
}

type Answer = Result<Vec<u8>, (Code, String)>;

impl Flyte {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = listener.local_addr().unwrap().to_string();
        let inner = Arc::new(Inner {
            script,
            state: Mutex::default(),
            came: Notify::new(),
            dead: CancellationToken::new(),
        });
        let accepting = Arc::clone(&inner);
        tokio::spawn(async move {
            loop {
                let stream = tokio::select! {
                    () = accepting.dead.cancelled() => return,
                    accepted = listener.accept() => accepted.unwrap().0,
                };
                let inner = Arc::clone(&accepting);
                tokio::spawn(async move {
                    let dead = inner.dead.clone();
                    let service = service_fn(move |request| Arc::clone(&inner).answer(request));
                    let connection = http2::Builder::new(TokioExecutor::new());
                    tokio::select! {
                        () = dead.cancelled() => {}
                        // A client that goes away is not the server's failure.
                        _ = connection.serve_connection(TokioIo::new(stream), service) => {}
                    }
                });
            }
        });
        Self { endpoint, inner }
    }

    /// What was asked for so far, such as `task a`, `activate a`, `location fast1.tar.gz`.
    pub fn log(&self) -> Vec<String> {
        self.inner.state.lock().unwrap().log.clone()
    }

    pub fn most_under_way(&self) -> usize {
        self.inner.state.lock().unwrap().most_under_way
    }

    /// The request that created `task a`.
    pub fn request(&self, entity: &str) -> Option<Bytes> {
        self.inner.state.lock().unwrap().entities.get(entity).cloned()
    }

    pub fn entities(&self) -> HashSet<String> {
        self.inner.state.lock().unwrap().entities.keys().cloned().collect()
    }

    /// Waits until this was asked for.
    pub async fn has_come(&self, what: &str) {
        loop {
            let came = self.inner.came.notified();
            if self.log().iter().any(|entry| entry == what) {
                return;
            }
            came.await;
        }
    }
}

impl Inner {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<impl http_body::Body<Data = Bytes, Error = Infallible>>, Infallible> {
        let method = request.uri().path().rsplit('/').next().unwrap().to_owned();
        let body =
            request.into_body().collect().await.map(|body| body.to_bytes().slice(5..)).unwrap_or_default();
        let answer = self.call(&method, body).await;
        let mut trailers = HeaderMap::new();
        let mut frames = Vec::new();
        match answer {
            Ok(message) => {
                let mut framed = BytesMut::new();
                framed.put_u8(0);
                framed.put_u32(message.len().try_into().unwrap());
                framed.put_slice(&message);
                frames.push(Ok(Frame::data(framed.freeze())));
                trailers.insert("grpc-status", 0.into());
            }
            Err((code, message)) => {
                trailers.insert("grpc-status", (code as i32).into());
                trailers.insert("grpc-message", percent_encoded(&message).parse().unwrap());
            }
        }
        frames.push(Ok(Frame::trailers(trailers)));
        let mut response = Response::new(StreamBody::new(stream::iter(frames)));
        response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        Ok(response)
    }

    async fn call(&self, method: &str, request: Bytes) -> Answer {
        match method {
            "ListProjects" => self.list_projects(&decode(request)),
            "CreateUploadLocation" => self.upload_location(&decode(request)),
            "CreateTask" => {
                let id = decode::<TaskCreateRequest>(request.clone()).id.unwrap();
                self.create("task", &id, request, &[]).await
            }
            "CreateWorkflow" => {
                let create: WorkflowCreateRequest = decode(request.clone());
                let template = create.spec.unwrap().template.unwrap();
                let needs: Vec<String> = template.nodes.iter().filter_map(needed).collect();
                self.create("workflow", &create.id.unwrap(), request, &needs).await
            }
            "CreateLaunchPlan" => {
                let create: LaunchPlanCreateRequest = decode(request.clone());
                let workflow = create.spec.unwrap().workflow_id.unwrap();
                self.create(
                    "launch plan",
                    &create.id.unwrap(),
                    request,
                    &[format!("workflow {}", workflow.name)],
                )
                .await
            }
            "UpdateLaunchPlan" => {
                let update: LaunchPlanUpdateRequest = decode(request);
                assert_eq!(update.state, 1, "only activating is asked for");
                self.log(format!("activate {}", update.id.unwrap().name));
                if self.script.refuse_activation {
                    return Err((Code::InvalidArgument, "the schedule is impossible".to_owned()));
                }
                Ok(Vec::new())
            }
            other => Err((Code::Unimplemented, format!("unknown method {other}"))),
        }
    }

    async fn create(&self, kind: &str, id: &Identifier, request: Bytes, needs: &[String]) -> Answer {
        let entity = format!("{kind} {}", id.name);
        {
            let mut state = self.state.lock().unwrap();
            state.under_way += 1;
            state.most_under_way = state.most_under_way.max(state.under_way);
        }
        self.log(entity.clone());
        if self.script.die_at.as_ref() == Some(&id.name) {
            self.dead.cancel();
        }
        if self.script.hang.contains(&id.name) || self.dead.is_cancelled() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(self.script.delay).await;
        let mut state = self.state.lock().unwrap();
        state.under_way -= 1;
        if let Some(refusal) = self.script.refuse.get(&id.name) {
            return Err(refusal.clone());
        }
        if let Some(missing) = needs.iter().find(|needed| !state.entities.contains_key(*needed)) {
            return Err((Code::NotFound, format!("missing entity {missing}")));
        }
        match state.entities.get(&entity) {
            None => state.entities.insert(entity, request),
            Some(existing) if *existing == request => {
                return Err((Code::AlreadyExists, format!("{kind} with identical structure already exists")));
            }
            Some(_) => {
                let name = &id.name;
                return Err((
                    Code::InvalidArgument,
                    format!(
                        "{name} {kind} with different structure already exists. (Please register a new version of the \
                         {kind}):\n/template/metadata/retries/retries:\n\t- 2 \n\t+ 9"
                    ),
                ));
            }
        };
        Ok(Vec::new())
    }

    fn list_projects(&self, request: &ProjectListRequest) -> Answer {
        if self.script.hide_projects {
            return Err((Code::PermissionDenied, "not for you".to_owned()));
        }
        let project = |id: &str, state: ProjectState| Project {
            id: id.to_owned(),
            domains: ["development", "production"].map(|id| Domain { id: id.into(), name: id.into() }).into(),
            state: state.into(),
            ..Default::default()
        };
        let projects = [project("flytesnacks", ProjectState::Active), project("old", ProjectState::Archived)];
        let projects = projects
            .into_iter()
            .filter(|project| request.filters == format!("eq(identifier,{})", project.id));
        Ok(Projects { projects: projects.collect(), token: String::new() }.encode_to_vec())
    }

    /// With the headers that FlyteAdmin gives: the length is that of the digest's text.
    fn upload_location(&self, request: &CreateUploadLocationRequest) -> Answer {
        self.log(format!("location {}", request.filename));
        let md5 = STANDARD.encode(&request.content_md5);
        let path = format!("bucket/{}/{}/key/{}", request.project, request.domain, request.filename);
        assert!(request.add_content_md5_metadata);
        let headers = [
            ("Content-MD5", md5.as_str()),
            ("x-amz-meta-flyteContentMD5", md5.as_str()),
            ("Content-Length", "24"),
        ];
        let answer = CreateUploadLocationResponse {
            signed_url: format!("{}/{path}?X-Amz-Signature=s%3Decret", self.script.store),
            native_url: format!("s3://{path}"),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            expires_at: None,
        };
        Ok(answer.encode_to_vec())
    }

    fn log(&self, entry: String) {
        self.state.lock().unwrap().log.push(entry);
        self.came.notify_waiters();
    }
}

/// What a node that is not in a branch refers to.
fn needed(node: &Node) -> Option<String> {
    Some(match node.target.as_ref()? {
        node::Target::TaskNode(task) => {
            let task_node::Reference::ReferenceId(id) = task.reference.as_ref()?;
            format!("task {}", id.name)
        }
        node::Target::WorkflowNode(workflow) => match workflow.reference.as_ref()? {
            workflow_node::Reference::LaunchplanRef(id) => format!("launch plan {}", id.name),
            workflow_node::Reference::SubWorkflowRef(id) => format!("workflow {}", id.name),
        },
        _ => return None,
    })
}

fn decode<T: Message + Default>(bytes: Bytes) -> T {
    T::decode(bytes).unwrap()
}

fn percent_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'%' | ..b' ' | 0x7f.. => format!("%{byte:02X}"),
        byte => char::from(byte).to_string(),
    });
    encoded.collect()
}

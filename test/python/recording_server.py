"""A gRPC server that takes whatever `pyflyte register` sends and keeps it, so that it can be compared."""

import threading
from concurrent import futures
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from conftest import store_address
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2, dataproxy_pb2_grpc


class Recording(admin_pb2_grpc.AdminServiceServicer, dataproxy_pb2_grpc.DataProxyServiceServicer):
    """What was sent: `specs` by (kind, name), `identifiers` likewise, `activated` names, `uploads` by file name."""

    def __init__(self):
        self.specs = {}
        self.identifiers = {}
        self.activated = []
        self.uploads = {}
        self.upload_port = None

    def _keep(self, kind, request):
        self.specs[kind, request.id.name] = request.spec
        self.identifiers[kind, request.id.name] = request.id

    def CreateTask(self, request, _context):
        self._keep("task", request)
        return task_pb2.TaskCreateResponse()

    def CreateWorkflow(self, request, _context):
        self._keep("workflow", request)
        return workflow_pb2.WorkflowCreateResponse()

    def CreateLaunchPlan(self, request, _context):
        self._keep("launchPlan", request)
        return launch_plan_pb2.LaunchPlanCreateResponse()

    def UpdateLaunchPlan(self, request, _context):
        assert request.state == launch_plan_pb2.ACTIVE
        self.activated.append(request.id.name)
        return launch_plan_pb2.LaunchPlanUpdateResponse()

    def CreateUploadLocation(self, request, _context):
        return dataproxy_pb2.CreateUploadLocationResponse(
            signed_url=f"http://127.0.0.1:{self.upload_port}/{request.filename}",
            native_url=store_address(request.filename),
        )


@contextmanager
def recording_server():
    """Serves until the block ends; gives the `Recording` and the endpoint."""
    recording = Recording()

    class Upload(BaseHTTPRequestHandler):
        def do_PUT(self):
            recording.uploads[self.path.lstrip("/")] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Upload)
    recording.upload_port = http.server_port
    threading.Thread(target=http.serve_forever, daemon=True).start()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    admin_pb2_grpc.add_AdminServiceServicer_to_server(recording, server)
    dataproxy_pb2_grpc.add_DataProxyServiceServicer_to_server(recording, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield recording, f"127.0.0.1:{port}"
    finally:
        server.stop(None)
        http.shutdown()
        http.server_close()

# A recommender plugin in Python that knows what it is and nothing else. Beside it lie
# its key and certificate and the bytes of its answer to Info.
import base64, os, ssl, threading, grpc
from concurrent import futures

here = os.path.join(os.path.dirname(os.path.realpath(__file__)), "python")
key, cert, info, version = (open(os.path.join(here, name), "rb").read() for name in ("key.pem", "cert.pem", "info", "version"))
replies = {"Info": info, "Check": b"\x08\x01"}  # of the health service: SERVING


class Plugin(grpc.GenericRpcHandler):
    def service(self, call):
        name = call.method.rsplit("/", 1)[1]
        if name == "StreamStdio":
            return grpc.unary_stream_rpc_method_handler(lambda request, context: iter(()))
        if name == "Shutdown":
            threading.Timer(0.05, os._exit, [0]).start()
        return grpc.unary_unary_rpc_method_handler(lambda request, context: replies.get(name, b""))


server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[Plugin()])
path = os.path.join(os.environ["PLUGIN_UNIX_SOCKET_DIR"], "plugin")
owner = os.environ["PLUGIN_CLIENT_CERT"].encode()
server.add_secure_port("unix:" + path, grpc.ssl_server_credentials([(key, cert)], owner, require_client_auth=True))
server.start()
der = base64.b64encode(ssl.PEM_cert_to_DER_cert(cert.decode())).decode().rstrip("=")
print(f"1|{version.decode()}|unix|{path}|grpc|{der}", flush=True)
server.wait_for_termination()

"""``dmenet web``: a page to try it, on this machine alone."""

from importlib.util import find_spec

from omegaconf import DictConfig

from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.methods import methods_of
from dmenet.errors import InputError, UnavailableError, check_number
from dmenet.web.traces import own_folder


@command("web")
def main(configuration: DictConfig) -> None:
    """Serve the page until Ctrl-C; nothing of it stays on the disk."""
    check_number("port", configuration.port, least=0, most=65535, whole=True)
    check_number("upload_limit_mb", configuration.upload_limit_mb, least=1, whole=True)
    if not isinstance(configuration.host, str):
        raise InputError(f"host={configuration.host}: expected an address, such as 127.0.0.1")
    if find_spec("gradio") is None:
        raise UnavailableError("the page needs Gradio: pip install 'dmenet[web]'")
    with own_folder() as folder:
        from dmenet.web.server import application, listen, serve

        methods = {method.name: method.make for method in methods_of(configuration.estimator)}
        app = application(methods, configuration.upload_limit_mb, folder)
        with listen(configuration.host, configuration.port) as listening:
            host, port = listening.getsockname()[:2]
            print(f"http://{host}:{port} shows the page; Ctrl-C ends it", flush=True)
            serve(app, listening)


if __name__ == "__main__":
    main()

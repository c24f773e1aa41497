from lineart_cli.api import Inker as Inker
from lineart_cli.api import ink_page as ink_page
from lineart_cli.errors import ArgumentError as ArgumentError
from lineart_cli.errors import EngineError as EngineError
from lineart_cli.errors import LineartError as LineartError
from lineart_cli.errors import ModelError as ModelError
from lineart_cli.errors import PageError as PageError

__version__: str
PARENT: int

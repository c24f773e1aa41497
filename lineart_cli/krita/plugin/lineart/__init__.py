"""lineart in Krita: a docker that inks the sketch which is being drawn.

Krita's own Python runs this, without numpy or a network: `lineart serve`, a process of its own, does the work.
"""

from krita import DockWidgetFactory, DockWidgetFactoryBase, Krita

from .docker import LineartDocker
from .files import clear_left_behind

places = DockWidgetFactoryBase if hasattr(DockWidgetFactoryBase, "DockRight") else DockWidgetFactoryBase.DockPosition
Krita.instance().addDockWidgetFactory(DockWidgetFactory("lineart", places.DockRight, LineartDocker))  # Krita 5, or 6
clear_left_behind()

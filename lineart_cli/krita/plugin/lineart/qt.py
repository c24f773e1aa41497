"""PyQt5 and PyQt6 as one: everything else in here imports Qt from this file alone."""

import sys

if "PyQt6.QtCore" in sys.modules:  # Krita's module has loaded the one that fits; both may be installed
    from PyQt6 import QtCore, QtGui, QtWidgets
else:
    from PyQt5 import QtCore, QtGui, QtWidgets

try:
    from builtins import i18n  # Krita's, which knows the artist's language
except ImportError:

    def i18n(text):
        """The text as it is."""
        return text


Qt = QtCore.Qt
QByteArray, QObject, QProcess, QTimer = QtCore.QByteArray, QtCore.QObject, QtCore.QProcess, QtCore.QTimer

__all__ = ["QByteArray", "QObject", "QProcess", "QTimer", "Qt", "QtCore", "QtGui", "QtWidgets", "i18n"]

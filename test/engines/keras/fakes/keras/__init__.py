from . import backend
from .src.models.model import Array, Model
__version__ = '3.0.fake'

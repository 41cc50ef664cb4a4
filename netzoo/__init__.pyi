__version__: str

from .backend import versions as versions
from .cost.by_name import summary as summary
from .cost.count import cost_rule as cost_rule
from .cost.count import count_cost as count_cost
from .cost.result import Cost as Cost
from .data import open_images as open_images
from .errors import NetzooError as NetzooError
from .models.catalog import create_model as create_model
from .models.catalog import list_models as list_models
from .models.catalog import model_info as model_info
from .models.catalog import register_model as register_model
from .recipes import Recipe as Recipe
from .report.write import write_report as write_report
from .results.comparison import Comparison as Comparison
from .runs.bench import bench as bench
from .runs.callback import Callback as Callback
from .runs.callback import Listener as Listener
from .runs.compare import compare as compare
from .runs.evaluate import evaluate as evaluate
from .runs.inspect_images import inspect_images as inspect_images
from .runs.parity import parity as parity
from .runs.predict import predict as predict
from .studies.ablate import ablate as ablate
from .studies.ladder import ladder as ladder
from .studies.lesson import lesson as lesson
from .studies.probe import probe as probe

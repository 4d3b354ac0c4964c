"""People as judges: the page over a server, the same page as one file, and the report."""

from dramaturg.viewer.annotate.begin import begin
from dramaturg.viewer.annotate.offline import write_page
from dramaturg.viewer.annotate.report import report_of
from dramaturg.viewer.annotate.routes import serve_study, study_app
from dramaturg.viewer.annotate.verdicts import FactLabels, Said, read_verdicts

__all__ = [
    "FactLabels",
    "Said",
    "begin",
    "read_verdicts",
    "report_of",
    "serve_study",
    "study_app",
    "write_page",
]

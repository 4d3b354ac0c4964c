"""A crowd: people by the million on one machine, a file in and a file out, nothing held."""

from dramaturg.crowd.cluster import cluster
from dramaturg.crowd.dedupe import dedupe
from dramaturg.crowd.made import Made
from dramaturg.crowd.pair import pair
from dramaturg.crowd.rake import rake, read_target
from dramaturg.crowd.sample import sample
from dramaturg.crowd.stats import stats

__all__ = ["Made", "cluster", "dedupe", "pair", "rake", "read_target", "sample", "stats"]

"""
What a reader, a batch and a commit cost, measured on one machine: the only numbers `scale_model`
knows. Measured by `benchmarks.scale_measure`, on two shared cores of 2.6 GHz, with mails of 60 KB.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Costs:
    """
    Seconds of processors (`copy`: making a whole copy of 60 KB; `ours`: the rest in the sending
    process, with SQLite inside it; `server`: a database server of its own), and bytes on disk with
    all indexes.
    """

    name: str
    freeze_s_a_reader: float
    copy_s_a_reader: float
    ours_s_a_batch: float
    ours_s_a_reader: float
    server_s_a_batch: float
    server_s_a_reader: float
    bytes_a_delivery: float
    bytes_a_person: float


# READERS=200000 python -m benchmarks.scale_measure
SQLITE = Costs(
    name="SQLite",
    freeze_s_a_reader=5.99e-06,
    copy_s_a_reader=1e-5,
    ours_s_a_batch=0.00571,
    ours_s_a_reader=6.46e-05,
    server_s_a_batch=0.0,
    server_s_a_reader=0.0,
    bytes_a_delivery=180.0,
    bytes_a_person=233.0,
)
# READERS=200000 python -m benchmarks.scale_measure postgresql://USER@HOST/NAME
POSTGRESQL = Costs(
    name="PostgreSQL",
    freeze_s_a_reader=3.84e-05,
    copy_s_a_reader=1e-5,
    ours_s_a_batch=0.00596,
    ours_s_a_reader=7.1e-05,
    server_s_a_batch=0.00222,
    server_s_a_reader=3.28e-06,
    bytes_a_delivery=350.0,
    bytes_a_person=383.0,
)
# A page written and kept for good by an ordinary disk; a batch commits three times.
FSYNC_S = 0.001
COMMITS_A_BATCH = 3

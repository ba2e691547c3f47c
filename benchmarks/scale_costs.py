"""
Hold what a reader, a batch and a commit cost on one machine: the only numbers that `scale_model`
knows. Measured by `benchmarks.scale_measure` on two shared cores of 2.6 GHz, with mails of 60 KB.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Costs:
    """
    Hold processor seconds (`copy`: making a whole copy of 60 KB; `ours`: the rest in the sending
    process, with SQLite inside it; `server`: a separate database server), and bytes on disk with
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
    bytes_an_outcome: float
    bytes_a_webhook: float


# READERS=100000 python -m benchmarks.scale_measure; people and deliveries: benchmarks.sizes
SQLITE = Costs(
    name="SQLite",
    freeze_s_a_reader=6.02e-06,
    copy_s_a_reader=5.09e-05,
    ours_s_a_batch=0.00644,
    ours_s_a_reader=2.16e-05,
    server_s_a_batch=0.0,
    server_s_a_reader=0.0,
    bytes_a_delivery=245.0,
    bytes_a_person=777.0,
    bytes_an_outcome=58.2,
    bytes_a_webhook=240.0,
)
# READERS=100000 python -m benchmarks.scale_measure postgresql://USER@HOST/NAME
POSTGRESQL = Costs(
    name="PostgreSQL",
    freeze_s_a_reader=2.44e-05,
    copy_s_a_reader=5.26e-05,
    ours_s_a_batch=0.00673,
    ours_s_a_reader=2.03e-05,
    server_s_a_batch=0.00194,
    server_s_a_reader=3.26e-06,
    bytes_a_delivery=438.0,
    bytes_a_person=1_049.0,
    bytes_an_outcome=97.6,
    bytes_a_webhook=280.0,
)
# How long a commit waits for its disk, and how often a batch commits. The machine had 0.1 ms when
# it was idle and 1 to 5 ms when others wrote.
FSYNC_S = 0.001
COMMITS_A_BATCH = 3

# Bytes a delivery, of SQLite and of PostgreSQL: two issues to 50,000 readers, as
# `python -m benchmarks.sizes` prints. PostgreSQL keeps equal keys of a page once.
INDEXES = (
    ("the row itself", "", 111, 175),
    ("nobody twice in an issue, by address", "uq_delivery_issue_id_email_key_occasion", 48, 118),
    ("an address in all issues (`why`)", "ix_delivery_email_key", 46, 52),
    ("nobody twice in an issue, by number", "uq_delivery_issue_id_subscriber_id_occasion", 16, 41),
    ("a person in all issues", "ix_delivery_subscriber", 12, 22),
    ("the row's number", "pk_delivery", 0, 23),
    ("a batch's rows", "ix_delivery_batch", 13, 8),
)

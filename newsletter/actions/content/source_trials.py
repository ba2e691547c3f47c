"""
Actions on a source that is tried before it is stored: the pictures that it would bring.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.ingest.images.trial_pictures import TrialPicture, trial_pictures
from newsletter.ingest.source_trial import SourceTrial
from newsletter.model.access import Actor, ObjectKind, Permission


@requires(Permission.SOURCES_WRITE, "source.view", about=shared(ObjectKind.SOURCE), audited=False)
def pictures_of(app: App, trial: SourceTrial, *, by: Actor) -> Mapping[str, TrialPicture]:
    """
    Return the first pictures that a source would bring, by their addresses. It waits for other
    servers.
    """
    briefs = [item.brief for item in trial.items if item.brief is not None]
    return trial_pictures(app.illustrator, briefs, location=trial.settings.location)

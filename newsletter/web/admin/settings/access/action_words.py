"""
What the audit trail says in words: the actions, and the kinds of object.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.model.access import ObjectKind
from newsletter.web.admin.frame.words import StaffWords


def action_words(words: StaffWords) -> Mapping[str, str]:
    """
    Return what each action of the audit trail is called.
    """
    return {**_content(words), **_people(words), **_bulk(words), **_access(words)}


def _content(words: StaffWords) -> dict[str, str]:
    _ = words.gettext
    return {
        "brief.add": _("added briefs"),
        "brief.edit": _("edited a brief"),
        "brief.free": _("freed a brief"),
        "brief.hold": _("held a brief"),
        "brief.remove": _("removed a brief"),
        "brief.join": _("joined two briefs"),
        "brief.keep": _("stored a brief under a key"),
        "brief.pin": _("pinned a brief"),
        "brief.write": _("wrote a brief"),
        "issue.approve": _("approved an issue"),
        "issue.approve_and_send": _("approved and sent an issue"),
        "issue.approve_shown": _("approved an issue as it was shown"),
        "issue.cancel": _("cancelled an issue"),
        "issue.remove": _("removed a draft"),
        "issue.correct": _("made a correction"),
        "issue.create": _("made a draft"),
        "issue.duplicate": _("copied an issue"),
        "issue.edit": _("edited a draft"),
        "issue.end_quiet_wait": _("sent an issue in spite of quiet hours"),
        "issue.hold": _("held a draft"),
        "issue.left_out_page": _("looked at who was left out of an issue"),
        "issue.pause": _("paused an issue"),
        "issue.prepare_send": _("prepared the sending of an issue"),
        "issue.recipients": _("looked at the recipients of an issue"),
        "issue.recipients_page": _("looked at some recipients of an issue"),
        "issue.reported_readers": _("looked at who bounced or complained about an issue"),
        "issue.resend": _("sent an issue again to some readers"),
        "issue.resolve": _("decided about uncertain emails"),
        "issue.resume": _("resumed an issue"),
        "issue.save": _("saved a draft"),
        "issue.reschedule": _("changed the time of a scheduled issue"),
        "issue.send": _("sent an issue"),
        "issue.send_by_clock": _("sent an issue in readers’ own time"),
        "issue.test": _("sent a test email"),
        "media.upload": _("uploaded a picture"),
        "notice.send": _("sent a notice"),
        "schedule.add": _("added a schedule"),
        "schedule.edit": _("changed a schedule"),
        "schedule.pause": _("paused a schedule"),
        "schedule.remove": _("removed a schedule"),
        "schedule.run": _("ran a schedule"),
        "source.add": _("added a source"),
        "source.collect": _("read a source"),
        "source.edit": _("changed a source"),
        "source.pause": _("paused a source"),
        "source.poll_soon": _("asked for a source to be read"),
        "source.record_export": _("marked the posts of an export as seen"),
        "source.remove": _("removed a source"),
        "source.resume": _("resumed a source"),
    }


def _people(words: StaffWords) -> dict[str, str]:
    _ = words.gettext
    return {
        "field.add": _("added a field"),
        "field.edit": _("changed a field"),
        "field.remove": _("removed a field"),
        "list.add": _("added a list"),
        "list.edit": _("changed a list"),
        "list.hold": _("held a list"),
        "list.release": _("released a list"),
        "list.remove": _("removed a list"),
        "list.resend_confirmations": _("asked people again to confirm"),
        "people.browse": _("read a list of people"),
        "people.find": _("read a list of people"),
        "people.page": _("read a list of people"),
        "subscriber.pending_page": _("read a list of people"),
        "people.quick_search": _("searched for people"),
        "request.add": _("noted a privacy request"),
        "request.done": _("finished a privacy request"),
        "segment.add": _("added a segment"),
        "segment.edit": _("changed a segment"),
        "segment.remove": _("removed a segment"),
        "subscriber.add": _("added a reader"),
        "subscriber.change": _("changed a person"),
        "subscriber.change_address": _("changed the address of a person"),
        "subscriber.data": _("got all data about a person"),
        "subscriber.drop_pending": _("removed people who never confirmed"),
        "subscriber.edit": _("changed a person"),
        "subscriber.erase": _("erased a person"),
        "subscriber.make": _("added a person"),
        "subscriber.note": _("wrote a note about a person"),
        "subscriber.pending": _("read who has not confirmed"),
        "subscriber.resend_confirmation": _("asked a person again to confirm"),
        "subscriber.tag": _("tagged a person"),
        "subscriber.unsubscribe": _("unsubscribed a person"),
        "subscriber.upsert": _("added or changed a person"),
        "suppression.add": _("suppressed an address"),
        "suppression.page": _("read the suppressions"),
        "suppression.list": _("read the suppressions"),
        "suppression.remove": _("lifted a suppression"),
        "tag.remove": _("removed a tag"),
        "tag.rename": _("renamed a tag"),
    }


def _bulk(words: StaffWords) -> dict[str, str]:
    _ = words.gettext
    return {
        "ask_run.start": _("began to ask people whether they want to stay"),
        "ask_run.stop": _("stopped asking people whether they want to stay"),
        "export.download": _("downloaded an export"),
        "export.start": _("exported people"),
        "export.start_suppressions": _("exported suppressions"),
        "export.to_file": _("exported people to a file"),
        "import.ask_resume": _("asked for an import to go on"),
        "import.ask_undo": _("asked for an import to be undone"),
        "import.drop": _("dropped a file of people"),
        "import.errors": _("read what an import refused"),
        "import.prepare": _("uploaded a file of people"),
        "import.resume": _("went on with an import"),
        "import.run": _("imported people"),
        "import.start": _("imported people"),
        "import.undo": _("undid an import"),
        "people.confirm": _("confirmed many people"),
        "people.erase": _("erased many people"),
        "people.join": _("added many people to a list"),
        "people.move": _("moved many people"),
        "people.suppress": _("suppressed many people"),
        "people.tag": _("tagged many people"),
        "people.unsubscribe": _("unsubscribed many people"),
        "people.upsert": _("added or changed many people"),
        "subscriber.confirm_file": _("confirmed people of a file"),
        "subscriber.export": _("exported people"),
        "subscriber.export_preset": _("exported people for another product"),
        "subscriber.import": _("imported people"),
        "suppression.export": _("exported suppressions"),
        "suppression.import": _("imported suppressions"),
    }


def _access(words: StaffWords) -> dict[str, str]:
    _ = words.gettext
    return {
        "backup.make": _("made a backup"),
        "backup.restore": _("restored a backup"),
        "bounces.pull": _("fetched bounces"),
        "bounces.read": _("read bounces in mailboxes"),
        "installation.move_in": _("moved an installation in"),
        "installation.move_out": _("moved the installation out"),
        "installation.resume": _("confirmed that this is the only copy"),
        "kill_switch.disengage": _("started sending again"),
        "kill_switch.engage": _("stopped all sending"),
        "secret.create": _("made the secret"),
        "secret.rotate": _("changed the secret"),
        "setup.apply": _("applied a setup file"),
        "staff.change_role": _("changed a role"),
        "staff.add_passkey": _("added a passkey"),
        "staff.add_totp": _("set up an authenticator app"),
        "staff.change_password": _("changed their password"),
        "staff.invite": _("invited somebody"),
        "staff.log_in": _("logged in"),
        "staff.new_recovery_codes": _("made new recovery codes"),
        "staff.remove": _("removed somebody from the staff"),
        "staff.remove_passkey": _("removed a passkey"),
        "staff.remove_totp": _("removed an authenticator app"),
        "staff.reset": _("made a link for a new password"),
        "staff.use_invitation": _("accepted an invitation"),
        "staff.use_reset": _("chose a new password"),
        "staff.use_setup": _("became the first owner"),
        "token.add": _("made a token"),
        "token.revoke": _("revoked a token"),
        "webhook.add": _("added a webhook"),
        "webhook.edit": _("changed a webhook"),
        "webhook.pause": _("paused a webhook"),
        "webhook.remove": _("removed a webhook"),
        "webhook.replay": _("replayed events"),
        "webhook.resume": _("resumed a webhook"),
        "webhook.test": _("tested a webhook"),
    }


def kind_words(words: StaffWords) -> Mapping[str, str]:
    """
    Return what each kind of object is called.
    """
    _ = words.gettext
    return {
        ObjectKind.BRIEF.value: _("brief"),
        ObjectKind.IMAGE.value: _("picture"),
        ObjectKind.SOURCE.value: _("source"),
        ObjectKind.ISSUE.value: _("issue"),
        ObjectKind.SCHEDULE.value: _("schedule"),
        ObjectKind.LIST.value: _("list"),
        ObjectKind.PERSON.value: _("person"),
        ObjectKind.SEGMENT.value: _("segment"),
        ObjectKind.FIELD.value: _("field"),
        ObjectKind.TAG.value: _("tag"),
        ObjectKind.SUPPRESSION.value: _("suppression"),
        ObjectKind.FILE_JOB.value: _("import or export"),
        ObjectKind.REQUEST.value: _("privacy request"),
        ObjectKind.STAFF.value: _("member of staff"),
        ObjectKind.TOKEN.value: _("API token"),
        ObjectKind.WEBHOOK.value: _("webhook"),
        ObjectKind.INSTALLATION.value: _("installation"),
        ObjectKind.AUDIT.value: _("audit trail"),
    }

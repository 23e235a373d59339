"""The class of every field of this package and of the ground below it, which knows no permissions.

Rule: docs/business-rules.md#field-classes
"""

from __future__ import annotations

from openpsm.org.field_rules import classify
from openpsm.org.permissions import Permission

VERSIONED = " version created_at updated_at created_by "


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    _people()
    _work()
    _ground()


def _people() -> None:
    classify("org.Department", open="id name parent is_active" + VERSIONED, internal="path")
    classify(
        "org.User",
        open="id username name email phone title department is_active joined_on left_at version created_at",
        internal="password sort_key language theme amount_unit list_choices",
        confidential=dict.fromkeys(("last_login", "must_change_password"), Permission.USER_ADMIN),
    )
    classify("org.DepartmentManager", open="id department user")
    classify("org.Role", open="id key name_en name_zh permissions" + VERSIONED)
    classify("org.RoleGrant", open="id user role department project_id granted_at granted_by")
    classify(
        "org.UserSession",
        internal="session_key session_data expire_date",
        confidential=dict.fromkeys(("user", "address", "agent", "started_at", "seen_at"), Permission.USER_ADMIN),
    )
    shown = ("id", "user", "name", "prefix", "is_read_only", "created_at", "expires_at", "used_at", "revoked_at")
    classify("org.AccessToken", internal="digest", confidential=dict.fromkeys(shown, Permission.USER_ADMIN))


def _work() -> None:
    classify(
        "org.Task",
        open="id owner title detail due_on origin subject_type subject_id project_id done_at dropped_at result"
        + VERSIONED,
        internal="reminded_on",
    )
    classify(
        "org.Approval",
        open="id kind subject_type subject_id title detail state step closed_at reason" + VERSIONED,
        internal="fingerprint told_at",
    )
    classify("org.ApprovalStep", open="id approval position needs")
    classify("org.ApprovalSeat", open="id approval position reviewer added_by decision decided_by decided_at comment")
    classify("org.Handover", open="id giver reason done_at" + VERSIONED)
    classify(
        "org.HandoverItem",
        open="id handover kind subject_type subject_id receiver confirmed_at contested_at passed_on_at remark",
    )
    classify("org.Absence", open="id user substitute from_on back_on" + VERSIONED)
    classify("org.SavedView", open="id listing name query owner sharing department" + VERSIONED)
    classify("org.BulkEdit", internal="id by listing action values ids at finished_at undo_of")
    classify("org.BulkResult", internal="id bulk record_id outcome reason kept")
    classify("org.Notification", open="id user kind subject_type subject_id data at read_at")
    classify("org.Follow", open="id user subject_type subject_id at")
    classify("org.Recent", open="id user subject_type subject_id at")


def _ground() -> None:
    classify("core.Holiday", open="id day name is_working")
    classify("core.CustomField", open="id model key label_en label_zh kind options required position active")
    settings = ("key", "value", "changed_at", "changed_by")
    classify("core.Parameter", internal="id", confidential=dict.fromkeys(settings, Permission.SETTINGS_ADMIN))
    classify(
        "core.Event",
        open="seq name subject_type subject_id root_type root_id by at",
        internal="sealed previous_hash hash",
        confidential=dict.fromkeys(("data", "request_id"), Permission.AUDIT_VIEW),
    )
    classify("core.EventHead", internal="id seq hash mac")
    classify("core.SealKey", internal="id owner_type owner_id key created_at")
    classify("core.EventAnchor", internal="id seq hash at mac")
    classify(
        "core.Attachment",
        open="id root_type root_id kind name size mime by at deleted_at",
        internal="sha256 storage_name",
    )
    _machinery()


def _machinery() -> None:
    shown = "id task queue priority state requested_by enqueued_at run_after started_at finished_at attempts"
    shown += " max_attempts error progress_done progress_total progress_text"
    classify(
        "core.Job",
        internal="args kwargs rung_at leased_until lease workers result",
        confidential=dict.fromkeys(shown.split(), Permission.JOB_VIEW),
    )
    schedule, heartbeat = ("id", "name", "next_at", "last_at"), ("id", "worker", "started_at", "beat_at")
    classify("core.JobSchedule", confidential=dict.fromkeys(schedule, Permission.JOB_VIEW))
    classify("core.WorkerHeartbeat", confidential=dict.fromkeys(heartbeat, Permission.JOB_VIEW))
    classify("core.RateBucket", internal="key window_start count")
    classify("core.IdempotencyKey", internal="id user key request_hash status body headers created_at")

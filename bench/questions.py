"""The same questions in bare SQL, over OpenPSM's own tables: for bare Django and for pgbench."""

from __future__ import annotations

NAMES = (
    *("id", "version", "name", "account_id", "account_name", "owner_id", "owner_name", "department_id", "stage"),
    *("stage_name", "stage_entered_at", "stage_due_on", "outcome", "is_finished", "is_on_hold", "amount", "currency"),
    *("possibility", "probability", "grade", "purchasing_form", "tender_on", "order_on", "region", "product_line"),
    *("next_step", "next_on", "created_at", "updated_at"),
)
ROW = (
    "select p.id, p.version, p.name, p.account_id, a.name, p.owner_id, u.name, p.department_id, s.key, s.name->>'zh', "
    "p.stage_entered_at, p.stage_due_on, p.outcome, p.is_finished, p.is_on_hold, p.amount, p.amount_currency, "
    "p.possibility, p.probability, p.grade, p.purchasing_form, p.tender_on, p.order_on, p.region, p.product_line, "
    "p.next_step, p.next_on, p.created_at, p.updated_at from projects_project p "
    "join accounts_account a on a.id = p.account_id join org_user u on u.id = p.owner_id "
    "join process_stage s on s.id = p.stage_id "
)
ORDER = " order by p.amount desc, p.id desc limit 50"
STAGE = ROW + "where p.stage_id = {stage} and p.deleted_at is null" + ORDER
STAGE_COUNT = (
    "select count(*) from (select 1 from projects_project where stage_id = {stage} and deleted_at is null "
    "limit 10001) x"
)
DEEP = ROW + "where (p.amount, p.id) < ({amount}, 0) and p.deleted_at is null" + ORDER
BELOW = "department_id in (select id from org_department where path like {path} || '%')"
DEPARTMENT = ROW + f"where p.{BELOW} and p.deleted_at is null" + ORDER
DEPARTMENT_COUNT = (
    f"select count(*) from (select 1 from projects_project where {BELOW} and deleted_at is null limit 10001) x"
)
ONE = ROW + "where p.id = {id}"
PARTS = (
    (
        "select pa.id, pa.account_id, a.name, pa.role, pa.note from projects_party pa "
        "join accounts_account a on a.id = pa.account_id where pa.project_id = {id}"
    ),
    (
        "select m.user_id, u.name, m.role from projects_projectmember m join org_user u on u.id = m.user_id "
        "where m.project_id = {id}"
    ),
    (
        "select w.product_id, c.name, c.unit, w.quantity, w.note from projects_projectproduct w "
        "join catalog_product c on c.id = w.product_id where w.project_id = {id}"
    ),
)
ACTIVITIES = "select * from activities_activity where project_id = {id} order by id desc limit 20"
SEARCH = (
    "select a.id, a.version, a.name, a.short_name, a.kind, a.uscc, a.country, a.region, a.industry, a.domain, "
    "a.owner_id, u.name, a.department_id, a.is_unassigned, a.created_at, a.updated_at from accounts_account a "
    "left join org_user u on u.id = a.owner_id where a.id in (select account_id from accounts_accountgram "
    "where gram = {gram}) and a.search_text like '%' || {gram} || '%' and a.deleted_at is null "
    "order by a.sort_key, a.id limit 50"
)
ACCOUNT_NAMES = (
    *("id", "version", "name", "short_name", "kind", "uscc", "country", "region", "industry", "domain", "owner_id"),
    *("owner_name", "department_id", "is_unassigned", "created_at", "updated_at"),
)
ALIKE = (
    "select account_id, count(*) from accounts_accountgram where gram = any({grams}) group by 1 "
    "having count(*) >= 2 order by 2 desc limit 60"
)
#: A new project with everything that OpenPSM writes beside it, as bare inserts.
CREATE = (
    (
        "insert into projects_project (version, created_at, updated_at, name, strict_key, sort_key, search_text, "
        "stage_entered_at, stage_due_on, step_source, outcome, is_finished, is_on_hold, amount, amount_currency, "
        "possibility_reason, probability, grade, is_grade_pinned, grade_reason, is_contact_lowered, purchasing_form, "
        "tender_source, tender_number, boss_attitude_source, is_non_standard, region, site, product_line, news_source, "
        "note, next_step, is_stalled, is_indebted, is_unevaluated, custom, account_id, department_id, owner_id, "
        "process_version_id, stage_id) "
        "select 1, now(), now(), {name}, {name}, {name}, {name}, now(), current_date + 30, '', 'open', false, false, "
        "50000000, 'CNY', '', 0, 'D', false, '', false, '', '', '', '', false, '', '', '', '', '', '', "
        "false, false, true, '{{}}', "
        "{account}, (select department_id from org_user where id = {owner}), {owner}, p.process_version_id, p.stage_id "
        "from projects_project p where p.id = 1 returning id"
    ),
    "insert into projects_projectmember (project_id, user_id, role) values ({id}, {owner}, 'owner')",
    "insert into projects_party (project_id, account_id, role, note) values ({id}, {account}, 'owner', '')",
    (
        "insert into projects_projectfacts (project_id, answers, as_of) "
        "select {id}, answers, now() from projects_projectfacts where project_id = 1"
    ),
    (
        "insert into registrations_registration (version, created_at, updated_at, kind, status, name, strict_key, "
        "account_id, project_id, owner_id, registered_at, confirmed_different, claim, reason) "
        "values (1, now(), now(), 'project', 'live', {name}, gen_random_uuid()::text, {account}, {id}, "
        "{owner}, now(), '[]', '{{}}', '')"
    ),
    "insert into history (subject_id, name, data) values ({id}, 'project.created', '{{}}')",
    "insert into history (subject_id, name, data) values ({id}, 'registration.registered', '{{}}')",
)
#: The same for entering another stage.
MOVE = (
    (
        "update projects_project set stage_id = {stage}, stage_entered_at = now(), version = version + 1, "
        "updated_at = now() where id = {id}"
    ),
    (
        "insert into projects_gatereview (project_id, stage_id, outcome, reason, missing, warnings, facts, evidence, "
        "source, by_id, at) values ({id}, {stage}, 'passed', '', '[]', '[]', '{{}}', '[]', '', 1, now())"
    ),
    "insert into projects_stagevisit (project_id, stage_id, entered_at, left_at) values ({id}, {stage}, now(), now())",
    "update projects_projectfacts set as_of = now() where project_id = {id}",
    "insert into history (subject_id, name, data) values ({id}, 'project.advanced', '{{}}')",
)
WRITTEN = (
    *("projects_project", "projects_projectmember", "projects_party", "projects_projectfacts"),
    *("registrations_registration", "projects_gatereview", "projects_stagevisit"),
)
#: A schema that stands before OpenPSM's: the tables that bare writes change are copies with all their indexes.
SCHEMA = (
    "drop schema if exists bare cascade",
    "create schema bare",
    "create table bare.django_migrations (like public.django_migrations including all)",
    (
        "create table bare.history (id bigserial primary key, subject_id bigint, name text, data jsonb, at timestamptz "
        "default now())"
    ),
    *(
        statement
        for table in WRITTEN
        for statement in (
            f"create table bare.{table} (like public.{table} including all)",
            f"insert into bare.{table} select * from public.{table}",
        )
    ),
    *(
        f"select setval(pg_get_serial_sequence('bare.{table}', 'id'), coalesce(max(id), 0) + 1) from bare.{table}"
        for table in WRITTEN
        if table != "projects_projectfacts"
    ),
    "analyze",
)

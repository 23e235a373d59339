"""Comments, who is told of them, who sees a record, and who follows it."""

import pytest

from openpsm.accounts.models import Account
from openpsm.activities import operations
from openpsm.activities.audience import audience
from openpsm.activities.mentions import candidates, named
from openpsm.activities.models import Activity, Comment
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.events import Event
from openpsm.org.models import Notification, User
from openpsm.org.operations import follow, unfollow
from openpsm.projects.models import Project, ProjectMember
from openpsm.projects.operations import hold
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.activities import log_activity
from tests.factories.org import grant_role, make_department, make_user
from tests.factories.projects import make_manager, make_owner, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_owner(name="张磊", username="zhanglei")


@pytest.fixture
def project(owner):
    return make_project("Turbine hall", owner=owner)


def say(record, text, by):
    kind = record._meta.model_name
    return operations.post_comment(kind=kind, subject_id=record.pk, text=text, by=by, at=AT)


def bells():
    return set(Notification.objects.values_list("user__name", "kind"))


# --- who is meant by "@"


def test_names_after_the_sign_are_tried_from_the_longest():
    assert candidates("@王军 says") == [["王军 says", "王军 say", "王军 sa", "王军 s", "王军 ", "王军", "王"]]
    assert candidates("mail a@b.cn") == []


def test_longest_name_wins_and_each_person_counts_once():
    short, long = User(pk=1, name="Li", username="li"), User(pk=2, name="Li Wei", username="liwei")
    assert named("@Li Wei and @liwei, not @nobody", [short, long]) == [long]
    assert named("@Li", [short, long]) == [short]


def test_two_people_of_one_name_are_told_apart_by_their_user_names():
    twins = [User(pk=1, name="王军", username="wj1"), User(pk=2, name="王军", username="wj2")]
    with pytest.raises(InvalidInput) as refused:
        named("@王军", twins)
    assert "wj1, wj2" in str(refused.value.errors["text"])
    assert named("@wj2", twins) == [twins[1]]


# --- writing


def test_comment_tells_the_people_it_names_as_far_as_they_see_the_record(project, owner):
    manager, stranger = make_manager(project, name="Chen"), make_owner(name="Stranger")
    posted = say(project, "@Chen @Stranger what about the pump?", owner)
    assert (posted.told, posted.unseen) == ([manager], [stranger])
    assert bells() == {("Chen", "comment.mentioned")}
    assert list(posted.comment.mentions.values_list("user", flat=True)) == [manager.pk]
    event = Event.objects.get(name="comment.added")
    assert (event.root_type, event.root_id, event.by_id) == ("projects.project", project.pk, owner.pk)


def test_nobody_comments_on_what_they_do_not_see(project):
    with pytest.raises(Project.DoesNotExist):
        say(project, "Let me in", make_owner())
    assert Comment.objects.count() == 0


@pytest.mark.parametrize("text", ["", "  \n", "\x00", "x" * 5001])
def test_comment_needs_words(project, owner, text):
    with pytest.raises(InvalidInput):
        say(project, text, owner)


def test_author_alone_changes_a_comment_and_the_old_words_stay_in_the_history(project, owner):
    comment = say(project, "First", owner).comment
    change = {"comment_id": comment.pk, "text": "Second", "at": AT}
    with pytest.raises(NotAllowed):
        operations.change_comment(**change, by=make_manager(project))
    with pytest.raises(Stale):
        operations.change_comment(**change, by=owner, version=7)
    changed = operations.change_comment(**change, by=owner, version=1).comment
    assert (changed.text, changed.edited_at, changed.version) == ("Second", AT, 2)
    assert Event.objects.get(name="comment.changed").data["changed"] == {"text": ["First", "Second"]}


def test_changing_a_comment_tells_only_those_named_for_the_first_time(project, owner):
    make_manager(project, name="Chen")
    comment = say(project, "@Chen look", owner).comment
    Notification.objects.all().delete()
    operations.change_comment(comment_id=comment.pk, text="@Chen look again", by=owner, at=AT)
    assert bells() == set()


def test_deleted_comment_comes_back_only_to_its_author(project, owner):
    comment = say(project, "Words", owner).comment
    operations.delete_comment(comment_id=comment.pk, by=owner, at=AT)
    assert list(Comment.objects.visible_to(owner)) == []
    with pytest.raises(Comment.DoesNotExist):
        operations.restore_comment(comment_id=comment.pk, by=make_manager(project), at=AT)
    operations.restore_comment(comment_id=comment.pk, by=owner, at=AT)
    assert list(Comment.objects.visible_to(owner)) == [comment]
    names = ["comment.added", "comment.deleted", "comment.restored"]
    assert (
        list(Event.objects.filter(name__startswith="comment.").order_by("seq").values_list("name", flat=True)) == names
    )


def test_words_at_an_activity_are_sealed_in_the_history_of_its_account(project, owner):
    activity = log_activity(project, project_id=None, account_id=project.account_id)
    say(activity, "Secret words", owner)
    event = Event.objects.get(name="comment.added")
    assert ("text" in event.data, event.root_type) == (False, "accounts.account")


def test_comments_are_seen_with_their_record(project, owner):
    activity = log_activity(project)
    made = {say(record, "Words", owner).comment for record in (project, project.account, activity)}
    assert set(Comment.objects.visible_to(owner)) == made
    assert set(Comment.objects.visible_to(make_owner())) == set()


# --- followers


def test_followers_hear_of_comments_and_moves_while_they_see_the_record(
    project, owner, django_capture_on_commit_callbacks
):
    manager, stranger = make_manager(project, name="Chen"), make_owner(name="Stranger")
    for person in (manager, stranger, owner):
        follow(subject_type="projects.project", subject_id=project.pk, by=person, at=AT)
    say(project, "News", owner)
    with django_capture_on_commit_callbacks(execute=True):
        hold(project_id=project.pk, reason="Budget is frozen", until=None, by=owner, at=AT)
    assert bells() == {("Chen", "comment.added"), ("Chen", "project.moved")}


def test_who_stopped_following_hears_nothing(project, owner):
    manager = make_manager(project)
    subject = {"subject_type": "projects.project", "subject_id": project.pk}
    follow(**subject, by=manager, at=AT)
    follow(**subject, by=manager, at=AT)
    unfollow(**subject, by=manager)
    say(project, "News", owner)
    assert bells() == set()


# --- who sees a record: the same answer as `visible_to`


@pytest.fixture
def company():
    """Departments three deep, people of every kind, records of every kind of owner."""
    root = make_department("Root")
    north, south = make_department("North", parent=root), make_department("South", parent=root)
    below = make_department("Below", parent=north)
    sellers = [make_owner(department=place) for place in (north, below, south)]
    make_user(manages=root, roles=["sales-manager"])
    make_user(manages=north, roles=[])
    make_user(roles=["executive"], department=south)
    make_user(roles=["finance"], department=south)
    make_user(roles=["administrator"], department=south)
    make_user(roles=["executive"], department=north, is_active=False)
    guest, local = make_user(roles=[], department=south), make_user(roles=[], department=south)
    grant_role(local, "executive", department=north)
    for seller in sellers:
        project = make_project(owner=seller, account=make_account(owner=seller))
        log_activity(project)
        log_activity(project, project_id=None, account_id=project.account_id)
    first = Project.objects.order_by("pk")[0]
    grant_role(guest, "executive", project_id=first.pk)
    ProjectMember.objects.create(project=first, user=sellers[2], role="member")
    pool = make_account(owner=sellers[0])
    Account.objects.filter(pk=pool.pk).update(owner=None)
    pool.members.all().delete()
    gone = make_project(owner=sellers[1])
    Project.objects.filter(pk=gone.pk).update(deleted_at=AT)


def test_audience_of_a_record_is_everybody_to_whom_it_is_visible(company):
    compared = 0
    for model in (Project, Account, Activity):
        for record in model.objects.all():
            seeing = {
                user.pk
                for user in User.objects.filter(is_active=True)
                if model.objects.visible_to(user).filter(pk=record.pk)
            }
            assert set(audience(record).values_list("pk", flat=True)) == seeing, record
            compared += len(seeing)
    assert compared > 60


def test_audience_takes_a_fixed_number_of_queries(company, django_assert_max_num_queries):
    for record in (*Project.objects.select_related("department"), *Account.objects.select_related("department")):
        with django_assert_max_num_queries(4):
            list(audience(record))


def test_comment_is_kept_in_the_bin_for_a_while(project, owner):
    comment = say(project, "Words", owner).comment
    operations.delete_comment(comment_id=comment.pk, by=owner, at=AT)
    from datetime import timedelta

    with pytest.raises(DomainError) as refused:
        operations.restore_comment(comment_id=comment.pk, by=owner, at=AT + timedelta(days=31))
    assert refused.value.code == "too-late"

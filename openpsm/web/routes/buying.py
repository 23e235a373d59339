"""Addresses of the customer's side of a project."""

from django.urls import URLPattern, path

from openpsm.web.views.buying import competition, evaluation, intelligence, people

P = "projects/<int:pk>"
urlpatterns: list[URLPattern] = [
    path(f"{P}/people", people.people, name="project-people"),
    path(f"{P}/people/new", people.add, name="stakeholder-new"),
    path(f"{P}/people/<int:person_id>", people.change, name="stakeholder-edit"),
    path(f"{P}/people/<int:person_id>/attitude", people.attitude, name="stakeholder-attitude"),
    path(f"{P}/people/<int:person_id>/label", people.label, name="stakeholder-label"),
    path(f"{P}/people/<int:person_id>/remove", people.remove, name="stakeholder-remove"),
    path(f"{P}/labels/<int:label_id>/end", people.end_label, name="label-end"),
    path(f"{P}/intelligence", intelligence.intelligence, name="project-intelligence"),
    path(f"{P}/intelligence/new", intelligence.add, name="intelligence-new"),
    path(f"{P}/intelligence/<int:item_id>", intelligence.change, name="intelligence-edit"),
    path(f"{P}/intelligence/<int:item_id>/confirm", intelligence.confirm, name="intelligence-confirm"),
    path(f"{P}/intelligence/<int:item_id>/remove", intelligence.remove, name="intelligence-remove"),
    path(f"{P}/competition", competition.competition, name="project-competition"),
    path(f"{P}/contenders/new", competition.add_contender, name="contender-new"),
    path(f"{P}/contenders/<int:contender_id>", competition.change_contender, name="contender-edit"),
    path(f"{P}/contenders/<int:contender_id>/remove", competition.remove_contender, name="contender-remove"),
    path(f"{P}/criteria/new", competition.add_criterion, name="criterion-new"),
    path(f"{P}/criteria/<int:criterion_id>", competition.change_criterion, name="criterion-edit"),
    path(f"{P}/criteria/<int:criterion_id>/remove", competition.remove_criterion, name="criterion-remove"),
    path(f"{P}/evaluation", evaluation.evaluation, name="project-evaluation"),
    path(f"{P}/evaluation/qualify", evaluation.qualify, name="project-qualify"),
    path(f"{P}/evaluation/new", evaluation.evaluate, name="evaluation-new"),
    path(f"{P}/evaluation/<int:evaluation_id>/decide", evaluation.decide, name="evaluation-decide"),
]

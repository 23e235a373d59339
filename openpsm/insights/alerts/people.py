"""Who stands above whom, for many people at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from openpsm.org.models import DepartmentManager, User

#: Path of a department → its active managers, by name.
Managers = dict[str, list[int]]


class Line:
    """The line of command of some people (2 queries, however many)."""

    def __init__(self, user_ids: Collection[int]) -> None:
        rows = User.objects.filter(pk__in=set(user_ids)).values_list("pk", "department__path", "department_id", "name")
        self.paths: dict[int, str] = {}
        self.departments: dict[int, int | None] = {}
        self.names: dict[int, str] = {}
        for pk, path, department_id, name in rows:
            self.paths[pk], self.departments[pk], self.names[pk] = path or "", department_id, name
        steps = {int(step) for path in self.paths.values() for step in path.split("/") if step}
        links = DepartmentManager.objects.filter(department__in=steps, user__is_active=True)
        self.managers: Managers = {}
        for path, user in links.order_by("user__sort_key", "user_id").values_list("department__path", "user_id"):
            self.managers.setdefault(path or "", []).append(user)

    def above(self, user_id: int) -> int | None:
        """Return the nearest manager above a person, None without one."""
        return self.above_all([user_id])

    def above_all(self, user_ids: Iterable[int]) -> int | None:
        """Return the nearest manager above all of them, none of them themselves."""
        people = list(user_ids)
        for path in reversed(_steps(self.common(people))):
            found = [one for one in self.managers.get(path, []) if one not in people]
            if found:
                return found[0]
        return None

    def common(self, user_ids: Iterable[int]) -> str:
        """Return the path of the lowest department that all of them belong to or stand below."""
        paths = [self.paths.get(one, "") for one in user_ids]
        for path in reversed(_steps(paths[0] if paths else "")):
            if all(other.startswith(path) for other in paths):
                return path
        return ""

    def common_department(self, user_ids: Iterable[int]) -> int | None:
        """Return that department's id."""
        steps = [step for step in self.common(user_ids).split("/") if step]
        return int(steps[-1]) if steps else None


def _steps(path: str) -> list[str]:
    """Return the paths from the root down to this one: /1/, /1/4/."""
    return [path[: index + 1] for index, sign in enumerate(path) if sign == "/" and index]

"""Work outside of requests.

    @task()
    def send_mail(*, user_id: int) -> None: ...

    send_mail.enqueue(user_id=user.pk)

`enqueue` writes a row in the caller's own transaction: a job exists exactly if the change that asks for it does. A job
runs at least once and must bear to run twice. `DomainError` is a refusal and final; anything else is tried again with
growing pauses and then parked. `periodic` is in `openpsm.core.jobs.schedule`, `progress` in `.outcomes`.
"""

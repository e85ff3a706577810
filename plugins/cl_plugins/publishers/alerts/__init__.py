"""Publishers that alert people: chat, e-mail, on-call services, webhooks."""

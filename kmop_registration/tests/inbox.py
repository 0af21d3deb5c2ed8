import asyncio
from email import message_from_bytes, policy


class Inbox:
    """What an SMTP server got, and how it behaves."""

    def __init__(self):
        self.received = []
        self.refused = set()
        self.seconds = 0

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refused:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        await asyncio.sleep(self.seconds)
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append((envelope.rcpt_tos, message))
        return "250 OK"

    def get_recipients(self):
        return sorted(address for found, _m in self.received for address in found)

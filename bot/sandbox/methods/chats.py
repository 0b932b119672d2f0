"""getMe, getChat, getChatMember and its kin, leaveChat."""

from bot.sandbox.access import removal
from bot.sandbox.calls import Call
from bot.sandbox.errors import bad_request
from bot.sandbox.methods.content import Json
from bot.sandbox.render import chat_full_json, member_json
from bot.sandbox.state import State
from bot.sandbox.world import Chat, Member


def get_me(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#getme"""
    del call
    flags = state.flags
    return {
        **state.world.me.json(),
        "can_join_groups": True,
        "can_read_all_group_messages": flags.reads_all_group_messages,
        "supports_inline_queries": flags.inline,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#getchat"""
    return chat_full_json(state.access.readable(call.chat))


def get_chat_member(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#getchatmember"""
    chat = state.access.with_members(call.chat)
    user = state.world.users.get(call.integer("user_id"))
    if user is None:
        raise bad_request("invalid user_id specified" if not call.integer("user_id") else "user not found")
    _refuse_hidden_list(state, chat, user.id)
    return member_json(chat, user, _member(state, chat, user.id))


def get_chat_administrators(state: State, call: Call) -> list[Json]:
    """https://core.telegram.org/bots/api#getchatadministrators"""
    chat = state.access.with_members(call.chat)
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    _refuse_hidden_list(state, chat, 0)
    everyone = {**chat.members, state.world.me.id: chat.me}
    return [
        member_json(chat, state.world.users[user_id], member)
        for user_id, member in everyone.items()
        if member.status in {"creator", "administrator"}
    ]


def get_chat_member_count(state: State, call: Call) -> int:
    """https://core.telegram.org/bots/api#getchatmembercount"""
    chat = state.access.with_members(call.chat)
    if chat.kind == "private":
        return 2
    return sum(member.present for member in chat.members.values()) + chat.me.present


def leave_chat(state: State, call: Call) -> bool:
    """https://core.telegram.org/bots/api#leavechat"""
    chat = state.access.chat(call.chat)
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    if not chat.me.present:
        raise removal(chat)
    chat.me = Member("left")
    state.journal.add("left", method=call.method, chat=chat.id)
    return True


def _member(state: State, chat: Chat, user_id: int) -> Member:
    return Member("member") if chat.kind == "private" else state.world.member(chat, user_id)


def _refuse_hidden_list(state: State, chat: Chat, user_id: int) -> None:
    # A channel shows its members to its administrators only; everyone may ask about themselves.
    if chat.kind == "channel" and user_id != state.world.me.id and not chat.me.may("can_manage_chat"):
        raise bad_request("member list is inaccessible")

// SPDX-License-Identifier: ISC
#include "mpm/reception.h"

#include "daemon/os/raw_syscall.h"

namespace minetd {
namespace {

bool fill_in(Question& question, int connection, const SocketAddress& peer) noexcept {
    question.asked = monotonic_ms();
    question.peer = peer;
    question.local.length = SocketAddress::capacity;
    return raw::syscall(SYS_getsockname, connection, question.local.raw(),
                        &question.local.length) == 0;
}

void tell_userid(const Admission& admission, bool admitted, int connection,
                 const SocketAddress& peer) noexcept {
    if (admission.inquiry() == nullptr || !admission.records_userid(admitted) || !peer.is_ip())
        return;
    Question question;
    question.userid = true;
    if (fill_in(question, connection, peer)) admission.inquiry()->tell(question);
}

}  // namespace

Asked ask_about(const Admission* admission, int connection, const SocketAddress& peer) noexcept {
    const unsigned wanted = admission == nullptr ? 0 : admission->questions(peer);
    if (wanted == 0) return {};
    Question question;
    question.wanted = static_cast<std::uint8_t>(wanted);
    question.userid = (wanted & inquire_ident) != 0 && admission->records_ident();
    Asked asked{.needed = true};
    if (fill_in(question, connection, peer)) asked.reply = admission->inquiry()->ask(question);
    return asked;
}

Answers find_out(const Admission* admission, int connection, const SocketAddress& peer) noexcept {
    const Asked asked = ask_about(admission, connection, peer);
    return asked.needed ? Inquiry::await(asked.reply, admission->patience()) : Answers{};
}

void welcome(const Admission* admission, int connection, const SocketAddress& peer) noexcept {
    if (admission == nullptr) return;
    greet(connection, admission->banners());
    tell_userid(*admission, true, connection, peer);
}

void turn_away(const Admission* admission, int connection, const SocketAddress& peer) noexcept {
    if (admission == nullptr) return;
    tell_userid(*admission, false, connection, peer);
    dismiss(connection, admission->banners());
}

}  // namespace minetd

// SPDX-License-Identifier: ISC
#include "mpm/control.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "daemon/os/clock.h"

namespace minetd {

static_assert(std::is_trivially_copyable_v<ControlMessage>);

void ControlMessage::set_text(std::string_view value) noexcept {
    const std::size_t size = std::min(value.size(), sizeof text - 1);
    std::memcpy(text, value.data(), size);
    text[size] = '\0';
}

std::string ControlMessage::text_view() const {
    return {text, ::strnlen(text, sizeof text)};
}

Level ControlMessage::level() const noexcept {
    return static_cast<Level>(std::clamp<std::uint32_t>(number, 3, 7));
}

bool send_control(Channel& channel, const ControlMessage& message, int attached) noexcept {
    return channel.send(&message, sizeof message, attached);
}

bool send_control(Channel& channel, ControlMessage::Kind kind) noexcept {
    ControlMessage message;
    message.kind = kind;
    return send_control(channel, message);
}

Channel::Received receive_control(Channel& channel, ControlMessage& message,
                                  UniqueFd& attached) noexcept {
    std::size_t size = 0;
    const Channel::Received received = channel.receive(&message, sizeof message, size, attached);
    if (received != Channel::Received::message) return received;
    if (size != sizeof message) return Channel::Received::end;
    // Bound everything that will be looked at.
    message.record.reason[sizeof message.record.reason - 1] = '\0';
    message.board.mpm[sizeof message.board.mpm - 1] = '\0';
    message.board.id[sizeof message.board.id - 1] = '\0';
    if (message.record.peer.length > SocketAddress::capacity) message.record.peer.length = 0;
    return received;
}

bool receive_controls(Channel& channel, const TakeControl& take, int most) noexcept {
    for (int budget = most; budget > 0; --budget) {
        ControlMessage message;
        UniqueFd attached;
        const Channel::Received received = receive_control(channel, message, attached);
        if (received == Channel::Received::nothing) return true;
        if (received == Channel::Received::end) return false;
        take(message, std::move(attached));
    }
    return true;
}

void Reporter::ready(bool servers_say_so) noexcept {
    ControlMessage message;
    message.number = servers_say_so ? 1 : 0;
    send_control(channel_, message);
}

void Reporter::record(const Record& record) noexcept {
    ControlMessage message;
    message.kind = ControlMessage::Kind::record;
    message.record = record;
    send_control(channel_, message);
}

void Reporter::touched(const SocketAddress& peer) noexcept {
    ControlMessage message;
    message.kind = ControlMessage::Kind::touched;
    message.record.peer = peer;
    send_control(channel_, message);
}

void Reporter::started(const SocketAddress& peer) noexcept {
    if (wants(Record::Kind::start)) record(start_record(::getpid(), peer));
}

void Reporter::ended(const SocketAddress& peer, std::int64_t began,
                     const Traffic& traffic) noexcept {
    if (wants(Record::Kind::traffic)) record(traffic_record(traffic, peer, ::getpid()));
    if (!wants(Record::Kind::exit)) return;
    Exit exit;
    exit.pid = ::getpid();
    Record end = exit_record(exit, peer, began);
    end.has_usage = false;  // the process serves others too: its time is not this session's
    record(end);
}

void Reporter::refused(std::string_view reason, const SocketAddress& peer) noexcept {
    if (board_ != nullptr) board_->note_refused();
    if (!wants(Record::Kind::fail)) return;
    const Milliseconds now = monotonic_ms();
    const std::lock_guard held_here(lock_);
    tell_held(now);
    if (now - period_began_ >= RefusalSummary::period) {
        period_began_ = now;
        sent_ = 0;
    }
    if (sent_ < RefusalSummary::burst) {
        ++sent_;
        return record(fail_record(reason, peer));
    }
    for (Reason& held : held_) {
        if (held.count != 0 && held.text != reason) continue;
        held.text = reason;
        held.last = peer;
        ++held.count;
        holds_.store(true, std::memory_order_relaxed);
        return;
    }
}

void Reporter::flush(Milliseconds now) noexcept {
    if (!holds()) return;
    const std::lock_guard held_here(lock_);
    tell_held(now);
}

void Reporter::finish() noexcept {
    const std::lock_guard held_here(lock_);
    tell_held(period_began_ + RefusalSummary::period);
}

void Reporter::tell_held(Milliseconds now) noexcept {
    if (now - period_began_ < RefusalSummary::period) return;
    for (Reason& held : held_) {
        if (held.count == 0) continue;
        Record summary = fail_record(held.text, held.last);
        summary.repeated = std::exchange(held.count, 0);
        record(summary);
    }
    holds_.store(false, std::memory_order_relaxed);
}

void Reporter::log(Level level, std::string_view text) noexcept {
    ControlMessage message;
    message.kind = ControlMessage::Kind::log;
    message.number = static_cast<std::uint32_t>(level);
    message.set_text(text);
    send_control(channel_, message);
}

}  // namespace minetd

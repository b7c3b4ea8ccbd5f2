// SPDX-License-Identifier: ISC
#include "mpm/board_set.h"

#include <fcntl.h>

#include <algorithm>

#include "daemon/os/shared_memory.h"

namespace minetd {
namespace {

bool say_board(const SharedBoard& board, Channel& channel, std::uint32_t in_place_of = 0) noexcept {
    ControlMessage message;
    message.kind = ControlMessage::Kind::board;
    message.number = in_place_of;
    message.board = board.card;
    message.set_text(board.service);
    if (board.readable) return send_control(channel, message, board.readable.get());
    if (board.memory_fd < 0) return send_control(channel, message);
    const UniqueFd readable = open_read_only(board.memory_fd);
    return readable && send_control(channel, message, readable.get());
}

bool say_usage(const std::string& service, const SharedUsage& usage, Channel& channel) noexcept {
    ControlMessage message;
    message.kind = ControlMessage::Kind::usage;
    message.set_text(service);
    UsageFiles opened;
    if (usage.cgroup) opened = usage_files(usage.cgroup.get());
    const UsageFiles& files = usage.cgroup ? opened : usage.files;
    for (const UniqueFd* file : {&files.memory, &files.tasks}) {
        message.number = file == &files.tasks ? 1 : 0;
        if (!send_control(channel, message, file->get())) return false;
    }
    return true;
}

}  // namespace

void BoardSet::set_cgroup(const std::string& service, int directory) {
    UniqueFd own(directory < 0 ? -1 : ::fcntl(directory, F_DUPFD_CLOEXEC, 3));
    if (own)
        usages_[service] = {.version = ++last_usage_, .cgroup = std::move(own), .files = {}};
    else
        usages_.erase(service);
}

void BoardSet::hear(const ControlMessage& message, UniqueFd attached) {
    switch (message.kind) {
        case ControlMessage::Kind::board: {
            boards_.erase(message.number);
            SharedBoard& board = boards_[message.board.number];
            board.card = message.board;
            board.service = message.text_view();
            board.readable = std::move(attached);
            return;
        }
        case ControlMessage::Kind::board_gone:
            boards_.erase(message.number);
            return;
        case ControlMessage::Kind::daemon:
            configuration = message.number;
            began = message.began;
            return;
        case ControlMessage::Kind::usage: {
            SharedUsage& usage = usages_[message.text_view()];
            usage.version = ++last_usage_;
            (message.number == 0 ? usage.files.memory : usage.files.tasks) = std::move(attached);
            return;
        }
        case ControlMessage::Kind::usage_gone:
            usages_.erase(message.text_view());
            return;
        default:
            return;
    }
}

bool BoardFeed::update_usages(const BoardSet& set, Channel& channel) noexcept {
    ControlMessage message;
    message.kind = ControlMessage::Kind::usage_gone;
    for (auto told = told_usages_.begin(); told != told_usages_.end();) {
        if (set.usages().contains(told->first)) {
            ++told;
            continue;
        }
        message.set_text(told->first);
        if (!send_control(channel, message)) return false;
        told = told_usages_.erase(told);
    }
    for (const auto& [service, usage] : set.usages()) {
        const auto told = told_usages_.find(service);
        if (told != told_usages_.end() && told->second == usage.version) continue;
        if (told == told_usages_.end() && told_.size() + 2 * told_usages_.size() + 2 > most_)
            continue;
        if (!say_usage(service, usage, channel)) return false;
        told_usages_[service] = usage.version;
    }
    return true;
}

bool BoardFeed::update(const BoardSet& set, Channel& channel) noexcept {
    ControlMessage message;
    // First what makes room. In place of one that is gone comes its successor, in one step: in
    // between there would be no such service.
    for (auto told = told_.begin(); told != told_.end();) {
        const auto& [gone, service] = *told;
        if (set.boards().contains(gone)) {
            ++told;
            continue;
        }
        const auto successor =
            std::ranges::find_if(set.boards(), [this, &service = service](const auto& board) {
                return board.second.service == service && !told_.contains(board.first);
            });
        if (successor != set.boards().end()) {
            if (!say_board(successor->second, channel, gone)) return false;
            told_.emplace(successor->first, service);
        } else {
            message.kind = ControlMessage::Kind::board_gone;
            message.number = gone;
            if (!send_control(channel, message)) return false;
        }
        told = told_.erase(told);
    }
    left_out_ = 0;
    for (const auto& [number, board] : set.boards()) {
        if (told_.contains(number)) continue;
        if (told_.size() >= most_) {
            ++left_out_;
            continue;
        }
        if (!say_board(board, channel)) return false;
        told_.emplace(number, board.service);
    }
    if (!update_usages(set, channel)) return false;
    // Last: who hears it knows all that was there before.
    if (configuration_ != set.configuration) {
        message.kind = ControlMessage::Kind::daemon;
        message.number = set.configuration;
        message.began = set.began;
        if (!send_control(channel, message)) return false;
        configuration_ = set.configuration;
    }
    return true;
}

}  // namespace minetd

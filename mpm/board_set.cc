// SPDX-License-Identifier: ISC
#include "mpm/board_set.h"

#include "daemon/os/shared_memory.h"

namespace minetd {
namespace {

bool say_board(const SharedBoard& board, Channel& channel) noexcept {
    ControlMessage message;
    message.kind = ControlMessage::Kind::board;
    message.board = board.card;
    message.set_text(board.service);
    if (board.readable) return send_control(channel, message, board.readable.get());
    if (board.memory_fd < 0) return send_control(channel, message);
    const UniqueFd readable = open_read_only(board.memory_fd);
    return readable && send_control(channel, message, readable.get());
}

}  // namespace

void BoardSet::hear(const ControlMessage& message, UniqueFd attached) {
    switch (message.kind) {
        case ControlMessage::Kind::board: {
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
        default:
            return;
    }
}

bool BoardFeed::update(const BoardSet& set, Channel& channel) noexcept {
    ControlMessage message;
    // First what makes room.
    for (auto told = told_.begin(); told != told_.end();) {
        if (set.boards().contains(*told)) {
            ++told;
            continue;
        }
        message.kind = ControlMessage::Kind::board_gone;
        message.number = *told;
        if (!send_control(channel, message)) return false;
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
        told_.insert(number);
    }
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

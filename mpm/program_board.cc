// SPDX-License-Identifier: ISC
#include "mpm/program_board.h"

#include <system_error>

namespace minetd {

ProgramBoard::ProgramBoard(BoardRegistry& registry, std::shared_ptr<const ServiceSpec> spec)
    : registry_(registry), spec_(std::move(spec)) {
    registry_.enlist(*this);
}

ProgramBoard::~ProgramBoard() {
    registry_.dismiss(*this);
    hide();
}

void ProgramBoard::show_board() noexcept {
    if (board_) return;
    try {
        BoardCard card = card_of(*spec_, BoardCard::Kind::programs, {});
        card.generation = 1;
        auto memory = std::make_shared<SharedMemory>(card.size().bytes());
        auto board = std::make_unique<Scoreboard>(memory->fd(), card.size());
        board->keep_private();
        board->server(0).threads.store(1, std::memory_order_relaxed);
        board->set_base(totals_);
        number_ = registry_.add(card, spec_->key(), std::move(memory));
        if (number_ == 0) return;
        board_ = std::move(board);
        note_running();
    } catch (const std::system_error&) {
        // Without descriptors there is no board; the service itself needs none.
    }
}

void ProgramBoard::hide() noexcept {
    if (!board_) return;
    board_->server(0).connections.store(0, std::memory_order_relaxed);
    board_.reset();
    registry_.retire(number_);
    totals_ = {};
}

void ProgramBoard::adopt(std::shared_ptr<const ServiceSpec> spec) noexcept {
    const bool shown = board_ != nullptr;
    hide();
    spec_ = std::move(spec);
    if (shown) show_board();
}

void ProgramBoard::note_running() noexcept {
    if (board_) board_->server(0).connections.store(running_, std::memory_order_relaxed);
}

void ProgramBoard::note_accepted() noexcept {
    ++running_;
    if (board_)
        board_->accessed(0);
    else
        ++totals_.accesses;
    note_running();
}

void ProgramBoard::note_ended() noexcept {
    --running_;
    note_running();
}

void ProgramBoard::note_refused() noexcept {
    if (board_)
        board_->note_refused();
    else
        ++totals_.refused;
}

}  // namespace minetd

// SPDX-License-Identifier: ISC
#include "mpm/program_board.h"

#include <system_error>

namespace minetd {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
/// The first counts; sessions beyond the others are counted and not shown one by one. Memory that
/// nobody used is none.
constexpr BoardSize places{.servers = 513, .threads = 1};

}  // namespace

ProgramBoard::ProgramBoard(BoardRegistry& registry, std::shared_ptr<const ServiceSpec> spec,
                           Starter& starter)
    : registry_(registry), spec_(std::move(spec)), starter_(starter) {
    totals_ = registry_.take_recalled(spec_->key());
    registry_.enlist(*this);
}

ProgramBoard::~ProgramBoard() {
    registry_.dismiss(*this);
    hide();
}

void ProgramBoard::show_board() noexcept {
    if (board_) return;
    try {
        BoardCard card = card_of(*spec_, BoardCard::Kind::programs, places);
        card.generation = 1;
        auto memory = std::make_shared<SharedMemory>(card.size().bytes());
        auto board = std::make_unique<Scoreboard>(memory->fd(), card.size());
        board->keep_private();
        board->server(0).threads.store(1, relaxed);
        board->set_base(totals_);
        number_ = registry_.add(card, spec_->key(), std::move(memory));
        if (number_ == 0) return;
        board_ = std::move(board);
        note_running();
        places_.clear();
        free_.clear();
        for (unsigned place = places.servers; --place > 0;) free_.push_back(place);
        // Whoever has none is still being made.
        if (running_ > 0) starter_.show_sessions(*this);
    } catch (const std::system_error&) {
        // Without descriptors there is no board; the service itself needs none.
    }
}

void ProgramBoard::count_hidden(std::map<std::string, Scoreboard::Totals>& sums) const {
    if (!board_) sums[spec_->key()].add(totals_);
}

void ProgramBoard::hide() noexcept {
    if (!board_) return;
    board_->server(0).connections.store(0, relaxed);
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
    if (board_) board_->server(0).connections.store(running_, relaxed);
}

void ProgramBoard::show_session(pid_t pid, const SocketAddress& peer,
                                std::int64_t began_us) noexcept {
    if (!board_ || free_.empty()) return;
    const unsigned place = free_.back();
    free_.pop_back();
    places_[pid] = place;
    board_->note_peer(place, 0, peer);
    board_->server(place).began.store(began_us / 1000, relaxed);
    board_->server(place).pid.store(pid, std::memory_order_release);
}

void ProgramBoard::take_over(const Scoreboard::Totals& totals, unsigned running) noexcept {
    if (board_)
        board_->set_base(totals);
    else
        totals_.add(totals);
    running_ += running;
    note_running();
    if (running > 0) starter_.show_sessions(*this);
}

void ProgramBoard::note_accepted(pid_t pid, const SocketAddress& peer) noexcept {
    ++running_;
    // Whoever stands before a program counts its peers.
    const bool counted = spec_->intercept;
    if (board_ && !counted) board_->accessed(0);
    if (!board_ && !counted) ++totals_.accesses;
    note_running();
    show_session(pid, peer, monotonic_us());
}

void ProgramBoard::note_ended(pid_t pid) noexcept {
    --running_;
    note_running();
    const auto found = places_.find(pid);
    if (found == places_.end()) return;
    if (board_) board_->server(found->second).pid.store(0, relaxed);
    free_.push_back(found->second);
    places_.erase(found);
}

void ProgramBoard::note_refused() noexcept {
    if (board_)
        board_->note_refused();
    else
        ++totals_.refused;
}

}  // namespace minetd

// SPDX-License-Identifier: ISC
#include "mpm/capacity.h"

namespace minetd {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

void Capacity::take() noexcept {
    held_.fetch_add(1, relaxed);
    const ServerSeat& seat = process_.seat();
    seat.scoreboard->server(seat.slot).connections.fetch_add(1, relaxed);
}

void Capacity::give_back() noexcept {
    held_.fetch_sub(1, relaxed);
    const ServerSeat& seat = process_.seat();
    seat.scoreboard->server(seat.slot).connections.fetch_sub(1, relaxed);
}

void Capacity::tell() noexcept {
    const ServerSeat& seat = process_.seat();
    seat.scoreboard->set_accepting(seat.slot, !full() && !process_.draining());
}

}  // namespace minetd

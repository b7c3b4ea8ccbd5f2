// SPDX-License-Identifier: ISC
#include "mpm/phase_lists.h"

namespace minetd {

std::atomic<std::uint32_t>* PhaseLists::counter_of(unsigned list) const noexcept {
    switch (list) {
        case static_cast<unsigned>(Phase::first_byte):
        case static_cast<unsigned>(Phase::request):
            return &line_.waiting;
        case static_cast<unsigned>(Phase::write):
            return &line_.writing;
        case static_cast<unsigned>(Phase::keep_alive):
            return &line_.keepalive;
        case static_cast<unsigned>(Phase::linger):
            return &line_.closing;
        default:
            return nullptr;
    }
}

void PhaseLists::move(Parked& connection, unsigned list) noexcept {
    if (connection.list != none) {
        List& from = lists_[connection.list];
        (connection.before != nullptr ? connection.before->after : from.first) = connection.after;
        (connection.after != nullptr ? connection.after->before : from.last) = connection.before;
    }
    if (connection.list != list) {
        constexpr auto relaxed = std::memory_order_relaxed;
        if (auto* count = counter_of(connection.list)) count->fetch_sub(1, relaxed);
        if (auto* count = counter_of(list)) count->fetch_add(1, relaxed);
    }
    connection.list = list;
    connection.before = connection.after = nullptr;
    if (list == none) return;
    List& to = lists_[list];
    connection.before = to.last;
    (to.last != nullptr ? to.last->after : to.first) = &connection;
    to.last = &connection;
}

}  // namespace minetd

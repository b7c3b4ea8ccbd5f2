// SPDX-License-Identifier: ISC
// Parked connections by phase, each list in the order in which its connections' times began: the
// first of a list is the first whose time is over, and the longest idle.
#pragma once

#include "mpm/deadlines.h"
#include "mpm/scoreboard.h"

namespace minetd {

/// What a connection needs to be in a list.
struct Parked {
    Parked* before = nullptr;
    Parked* after = nullptr;
    unsigned list;
    Parked() noexcept;
};

class PhaseLists {
  public:
    /// Beside the phases: connections with a time of their own, in no order; those that wait for
    /// the parent's answer, whose time does not run; and none.
    static constexpr unsigned odd = phases, passing = phases + 1, none = phases + 2;

    /// The numbers of connections by phase are shown on `line`.
    explicit PhaseLists(Scoreboard::ServerLine& line) noexcept : line_(line) {}

    /// To the end of a list, or out of all.
    void move(Parked& connection, unsigned list) noexcept;
    Parked* first(unsigned list) const noexcept { return lists_[list].first; }
    Parked* first(Phase phase) const noexcept { return first(static_cast<unsigned>(phase)); }

  private:
    struct List {
        Parked* first = nullptr;
        Parked* last = nullptr;
    };
    std::atomic<std::uint32_t>* counter_of(unsigned list) const noexcept;

    Scoreboard::ServerLine& line_;
    List lists_[none];
};

inline Parked::Parked() noexcept : list(PhaseLists::none) {}

}  // namespace minetd

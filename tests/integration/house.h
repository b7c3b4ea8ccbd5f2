// SPDX-License-Identifier: ISC
// Crowds (crowd.h) that stay: as many as are let in.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/integration/crowd.h"

namespace minetd {

class House {
  public:
    explicit House(std::uint16_t port) : port_(port) {}

    /// Crowd after crowd comes, until so many were served in all, of which at most `each` from one
    /// address: somebody's end may not be known yet, and while servers of an older configuration
    /// still accept, they refuse by the older rules. And then one more crowd.
    void fill(unsigned wanted, unsigned each);
    unsigned served() const;
    /// So many hang up.
    void leave(unsigned count);
    void clear() { crowds_.clear(); }

  private:
    std::uint16_t port_;
    std::vector<Crowd> crowds_;
};

}  // namespace minetd

// SPDX-License-Identifier: ISC
#include "tests/integration/house.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "tests/integration/admission_ways.h"

namespace minetd {

void House::fill(unsigned wanted, unsigned each) {
    for (int i = 0; i < 500 && served() < wanted; ++i)
        crowds_.emplace_back(port_, clients, addresses);
    CHECK(served() == wanted);
    CHECK(Crowd(port_, clients, addresses).served() == 0);
    std::map<unsigned, unsigned> all;
    for (const Crowd& crowd : crowds_)
        for (const auto& [address, count] : crowd.by_address()) all[address] += count;
    for (const auto& counted : all) {
        CAPTURE(counted.first);
        CHECK(counted.second <= each);
    }
}

unsigned House::served() const {
    unsigned count = 0;
    for (const Crowd& crowd : crowds_) count += crowd.served();
    return count;
}

void House::leave(unsigned count) {
    for (Crowd& crowd : crowds_) {
        const unsigned some = std::min(count, crowd.served());
        crowd.leave(some);
        count -= some;
    }
}

}  // namespace minetd

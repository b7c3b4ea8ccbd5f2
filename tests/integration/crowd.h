// SPDX-License-Identifier: ISC
// Many clients of one service at once, from many addresses.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "tests/integration/client.h"

namespace minetd {

/// Those who were served; they stay connected until they are told to go.
class Crowd {
  public:
    /// All at once `clients` come from 127.0.0.1 to 127.0.0.`addresses`, in turn, each with a line.
    /// Whoever is sent a line is served. Throws std::system_error when one hears nothing at all.
    Crowd(std::uint16_t port, unsigned clients, unsigned addresses);

    unsigned served() const { return static_cast<unsigned>(served_.size()); }
    /// By the last number of their address.
    std::map<unsigned, unsigned> by_address() const;
    unsigned most_of_an_address() const;
    /// So many hang up.
    void leave(unsigned count);

  private:
    struct Member {
        unsigned address;
        std::unique_ptr<Client> client;
    };
    std::vector<Member> served_;
};

}  // namespace minetd

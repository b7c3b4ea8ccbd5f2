// SPDX-License-Identifier: ISC
// Clients of services that echo datagrams, who ask without a pause while something happens to the
// daemon. Their datagrams are few enough to fit the socket's queue: one without an answer was lost.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace minetd {

class DatagramLoad {
  public:
    /// One client for each port of 127.0.0.1, at once.
    explicit DatagramLoad(const std::vector<std::uint16_t>& ports);
    ~DatagramLoad();
    DatagramLoad(const DatagramLoad&) = delete;
    DatagramLoad& operator=(const DatagramLoad&) = delete;

    struct Fates {
        int sent = 0, answered = 0;
        int wrong = 0;  ///< answers to nothing that was asked
    };
    /// Waits for the last answers; by port.
    std::vector<Fates> stop();
    /// So many more are answered at each port; throws std::runtime_error when they are not.
    void await_answers(int more) const;

  private:
    struct Asker {
        std::uint16_t port;
        std::atomic<int> sent{0}, answered{0}, wrong{0};
        std::thread thread;
    };
    void ask(Asker& asker) const;

    std::vector<Asker> askers_;
    std::atomic<bool> going_{true};
};

}  // namespace minetd

// SPDX-License-Identifier: ISC
#include "tests/integration/crowd.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

namespace minetd {

Crowd::Crowd(std::uint16_t port, unsigned clients, unsigned addresses) {
    std::vector<Member> all(clients);
    std::vector<char> served(clients);
    std::vector<std::thread> threads;
    std::exception_ptr failure;
    std::mutex lock;
    const SocketAddress server = address_of("127.0.0.1", port);
    for (unsigned i = 0; i < clients; ++i)
        threads.emplace_back([&, i] {
            all[i].address = i % addresses + 1;
            const std::string from = "127.0.0." + std::to_string(all[i].address);
            try {
                all[i].client = std::make_unique<Client>(server, SOCK_STREAM, address_of(from, 0));
                all[i].client->send("x\n");
                served[i] = !all[i].client->line().empty();
                // Else the server would wait for its end of the connection.
                if (!served[i]) all[i].client.reset();
            } catch (const std::exception&) {
                const std::lock_guard held(lock);
                failure = std::current_exception();
            }
        });
    for (std::thread& thread : threads) thread.join();
    if (failure) std::rethrow_exception(failure);
    for (unsigned i = 0; i < clients; ++i)
        if (served[i]) served_.push_back(std::move(all[i]));
}

std::map<unsigned, unsigned> Crowd::by_address() const {
    std::map<unsigned, unsigned> counts;
    for (const Member& member : served_) ++counts[member.address];
    return counts;
}

unsigned Crowd::most_of_an_address() const {
    unsigned most = 0;
    for (const auto& [address, count] : by_address()) most = std::max(most, count);
    return most;
}

void Crowd::leave(unsigned count) {
    served_.erase(served_.end() - count, served_.end());
}

}  // namespace minetd

// SPDX-License-Identifier: ISC
#include "tests/integration/datagram_load.h"

#include <poll.h>

#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

#include "tests/integration/client.h"

namespace minetd {
namespace {

/// On their way at once: far below what the smallest queue holds.
constexpr int at_once = 16;

}  // namespace

DatagramLoad::DatagramLoad(const std::vector<std::uint16_t>& ports) : askers_(ports.size()) {
    for (std::size_t at = 0; at < ports.size(); ++at) {
        Asker& asker = askers_[at];
        asker.port = ports[at];
        asker.thread = std::thread([this, &asker] { ask(asker); });
    }
}

DatagramLoad::~DatagramLoad() {
    stop();
}

void DatagramLoad::ask(Asker& asker) const {
    Client client(address_of("127.0.0.1", asker.port), SOCK_DGRAM);
    for (int number = 0; going_;) {
        std::set<std::string> open;
        for (int i = 0; i < at_once; ++i, ++number) {
            const std::string text = "datagram " + std::to_string(number);
            client.send(text);
            ++asker.sent;
            open.insert(text);
        }
        while (!open.empty()) {
            try {
                ++(open.erase(client.receive()) == 1 ? asker.answered : asker.wrong);
            } catch (const std::system_error&) {
                return;  // what is open stays unanswered
            }
        }
    }
}

std::vector<DatagramLoad::Fates> DatagramLoad::stop() {
    going_ = false;
    std::vector<Fates> fates;
    for (Asker& asker : askers_) {
        if (asker.thread.joinable()) asker.thread.join();
        fates.push_back({asker.sent, asker.answered, asker.wrong});
    }
    return fates;
}

void DatagramLoad::await_answers(int more) const {
    std::vector<int> goals;
    for (const Asker& asker : askers_) goals.push_back(asker.answered + more);
    for (std::size_t at = 0; at < askers_.size(); ++at)
        for (int waited = 0; askers_[at].answered < goals[at]; waited += 10) {
            if (waited > patience_ms)
                throw std::runtime_error("port " + std::to_string(askers_[at].port) +
                                         " answers datagrams no more");
            ::poll(nullptr, 0, 10);
        }
}

}  // namespace minetd

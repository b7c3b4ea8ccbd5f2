// SPDX-License-Identifier: ISC
#include "tests/integration/fake_name_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "tests/integration/client.h"

namespace minetd {
namespace {

constexpr int type_a = 1, type_ptr = 12;
constexpr std::size_t header_size = 12;

/// RFC 1035, 3.1: labels with their lengths; `at` is left behind the name.
std::string read_name(const std::string& query, std::size_t& at) {
    std::string name;
    while (at < query.size()) {
        const auto length = static_cast<unsigned char>(query[at++]);
        if (length == 0) break;
        if (!name.empty()) name += '.';
        name += query.substr(at, length);
        at += length;
    }
    return name;
}

std::string write_name(const std::string& name) {
    std::string text;
    for (std::size_t at = 0; at < name.size();) {
        const std::size_t dot = std::min(name.find('.', at), name.size());
        text += static_cast<char>(dot - at);
        text += name.substr(at, dot - at);
        at = dot + 1;
    }
    return text + '\0';
}

/// 2.0.0.127.in-addr.arpa is 127.0.0.2.
std::string forward_form(const std::string& name) {
    const auto suffix = name.find(".in-addr.arpa");
    if (suffix == std::string::npos) return {};
    in_addr reversed{};
    if (::inet_pton(AF_INET, name.substr(0, suffix).c_str(), &reversed) != 1) return {};
    const in_addr address{.s_addr = __builtin_bswap32(reversed.s_addr)};
    char text[INET_ADDRSTRLEN];
    return ::inet_ntop(AF_INET, &address, text, sizeof text);
}

/// To a query whose name ends at `at`.
std::string reply(const std::string& query, std::size_t at, bool exists,
                  const std::vector<std::string>& records) {
    const std::string question = query.substr(header_size, at + 4 - header_size);
    std::string answer = query.substr(0, 2);
    answer += '\x81';                    // an answer; recursion was desired
    answer += exists ? '\x80' : '\x83';  // recursion is available; NXDOMAIN
    answer += {'\0', '\1', '\0', static_cast<char>(records.size()), '\0', '\0', '\0', '\0'};
    answer += question;
    for (const std::string& data : records) {
        answer += {'\xc0', '\x0c'};  // the name asked for
        answer += question.substr(question.size() - 4);
        answer += {'\0', '\0', '\0', '\1', '\0', static_cast<char>(data.size())};
        answer += data;
    }
    return answer;
}

std::string nothing(const std::string& query) {
    std::size_t at = header_size;
    read_name(query, at);
    return reply(query, at, false, {});
}

}  // namespace

FakeNameServer::FakeNameServer(std::map<std::string, std::string> addresses,
                               std::map<std::string, std::string> names)
    : addresses_(std::move(addresses)),
      names_(std::move(names)),
      socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
    const SocketAddress address = address_of("127.0.0.1", 53);
    if (::bind(socket_.get(), address.raw(), address.length) != 0)
        throw std::runtime_error("cannot be the name server");
    thread_ = std::thread([this] { serve(); });
}

FakeNameServer::~FakeNameServer() {
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    thread_.join();
}

void FakeNameServer::await_silence() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::milliseconds(patience_ms),
                           [&] { return unanswered_ > 0; }))
        throw std::runtime_error("the name server was not asked");
    unanswered_ = 0;
}

void FakeNameServer::serve() {
    pollfd sources[] = {{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    while (::poll(sources, 2, -1) > 0 && sources[1].revents == 0) {
        char bytes[512];
        SocketAddress peer;
        peer.length = SocketAddress::capacity;
        const ssize_t got =
            ::recvfrom(socket_.get(), bytes, sizeof bytes, 0, peer.raw(), &peer.length);
        if (got < static_cast<ssize_t>(header_size)) continue;
        const Question question{{bytes, static_cast<std::size_t>(got)}, peer};
        const std::string text = answer_to(question.query);
        if (!text.empty()) {
            answer(question, text);
            continue;
        }
        const std::lock_guard lock(mutex_);
        if (!silent_) {
            answer(question, nothing(question.query));
            continue;
        }
        held_.push_back(question);
        ++unanswered_;
        changed_.notify_all();
    }
}

void FakeNameServer::answer(const Question& question, const std::string& answer) {
    ::sendto(socket_.get(), answer.data(), answer.size(), 0, question.peer.raw(),
             question.peer.length);
}

void FakeNameServer::set_silent(bool silent) {
    const std::lock_guard lock(mutex_);
    silent_ = silent;
    if (silent) return;
    for (const Question& question : held_) answer(question, nothing(question.query));
    held_.clear();
}

std::string FakeNameServer::answer_to(const std::string& query) {
    std::size_t at = header_size;
    const std::string name = read_name(query, at);
    const int type = at + 2 <= query.size() ? static_cast<unsigned char>(query[at + 1]) : 0;

    std::vector<std::string> records;
    const std::string address = forward_form(name);
    const auto known_name = names_.find(address);
    const auto known_host = addresses_.find(name);
    const bool exists = known_name != names_.end() || known_host != addresses_.end();
    if (known_name != names_.end() && known_name->second == "?") return {};
    if (type == type_ptr && known_name != names_.end())
        records.push_back(write_name(known_name->second));
    if (type == type_a && known_host != addresses_.end()) {
        std::istringstream list(known_host->second);
        for (std::string one; list >> one;) {
            in_addr four{};
            ::inet_pton(AF_INET, one.c_str(), &four);
            records.emplace_back(reinterpret_cast<const char*>(&four), sizeof four);
        }
    }
    return reply(query, at, exists, records);
}

}  // namespace minetd

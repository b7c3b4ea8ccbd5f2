// SPDX-License-Identifier: ISC
#include "tests/integration/fake_ident_daemon.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <stdexcept>

#include "tests/integration/client.h"

namespace minetd {

FakeIdentDaemon::FakeIdentDaemon(std::string_view host, std::string answer)
    : answer_(std::move(answer)), stop_(::eventfd(0, EFD_CLOEXEC)) {
    const SocketAddress address = address_of(host, 113);
    socket_.reset(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket_.get(), address.raw(), address.length) != 0 ||
        ::listen(socket_.get(), 512) != 0)
        throw std::runtime_error("cannot be the ident daemon");
    thread_ = std::thread([this] { serve(); });
}

FakeIdentDaemon::~FakeIdentDaemon() {
    {
        const std::lock_guard lock(mutex_);
        held_ = false;
        changed_.notify_all();
    }
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    thread_.join();
}

void FakeIdentDaemon::set_answer(std::string answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
}

void FakeIdentDaemon::hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
}

void FakeIdentDaemon::release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
}

std::string FakeIdentDaemon::last_query() {
    const std::lock_guard lock(mutex_);
    return last_;
}

void FakeIdentDaemon::serve() {
    pollfd sources[] = {{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    while (::poll(sources, 2, -1) > 0 && sources[1].revents == 0) {
        const UniqueFd asker(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!asker) continue;
        std::string query;
        char byte;
        while (query.size() < 100 && ::recv(asker.get(), &byte, 1, 0) == 1 && byte != '\n')
            if (byte != '\r') query += byte;
        std::unique_lock lock(mutex_);
        last_ = query;
        changed_.wait(lock, [this] { return !held_; });
        const std::string answer = query + " : " + answer_ + "\r\n";
        if (!answer_.empty()) ::send(asker.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
}

}  // namespace minetd

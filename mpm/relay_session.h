// SPDX-License-Identifier: ISC
// One connection that is forwarded: the destination is found and connected to, told who the client
// is where it wants to know, and then everything that one side says goes to the other, until both
// have said all. Its descriptor is a small epoll set of its own, which is ready when either socket
// is: whoever drives it waits for one thing, as with any conversation.
#pragma once

#include <atomic>

#include "mpm/control.h"
#include "mpm/conversation.h"
#include "mpm/flow.h"
#include "mpm/inner_sockets.h"
#include "services/destination.h"

namespace minetd {

/// What all forwarded connections of a process share.
struct RelayRoute {
    /// Both outlive this object. Throws std::runtime_error when the source is no address.
    RelayRoute(const ServiceSpec& service, Destination& to, Reporter& reports);
    /// To the service's own program (`intercept`), which all of them outlive.
    RelayRoute(const ServiceSpec& service, const InnerSockets& sockets, Reporter& reports);

    /// As messages call it.
    const std::string& name() const noexcept;

    const ServiceSpec& spec;
    Destination* const destination;   ///< null: `inner` is where it goes
    const InnerSockets* const inner;  ///< null: to `destination`
    Reporter& reporter;
    SocketAddress source;  ///< length 0: the kernel's choice
    Milliseconds idle_limit, write_limit;
    PipePool pipes;
    std::atomic<bool> failing{false};  ///< that nothing can be forwarded was said
};

class RelaySession final : public Conversation {
  public:
    RelaySession(UniqueFd client, const SocketAddress& peer, const SocketAddress& local,
                 RelayRoute& route);
    ~RelaySession() override;

    Wants begin() noexcept override;
    Wants resume() noexcept override;
    Wants time_over() noexcept override;
    void interrupt() noexcept override;

    int fd() const noexcept override { return ready_.get(); }
    const Connection& connection() const noexcept override { return connection_; }
    Phase phase() const noexcept override;
    Milliseconds limit() const noexcept override;
    bool has_own_limit() const noexcept override { return stage_ != Stage::relaying; }
    std::uint64_t progress() const noexcept override;
    std::uint64_t requests() const noexcept override { return stage_ == Stage::relaying ? 1 : 0; }
    Traffic traffic() const noexcept override { return {upward_.taken(), downward_.given()}; }

  private:
    enum class Stage : std::uint8_t { looking_up, connecting, relaying };
    /// A descriptor, and the events it is watched for.
    struct Side {
        UniqueFd fd;
        std::uint32_t watched = 0;
    };

    Wants look_up() noexcept;
    Wants try_next() noexcept;
    bool connect_to(const SocketAddress& address) noexcept;
    void demote(const SocketAddress& address) noexcept;
    Wants hear_connected() noexcept;
    Wants relay() noexcept;
    Wants move(bool look_twice) noexcept;
    Wants break_off() noexcept;
    Wants fail(std::string_view reason, std::string_view why) noexcept;
    bool watch(Side& side, std::uint32_t events) noexcept;

    RelayRoute& route_;
    Connection connection_;
    UniqueFd ready_;
    Side waker_;  ///< while the destination is looked up
    Side client_, server_;
    Flow upward_, downward_;  ///< from the client, and to it
    bool cut_short_ = false;  ///< the server takes no more; upward_ holds what it did not
    Stage stage_ = Stage::looking_up;
    std::vector<SocketAddress> addresses_;
    std::size_t next_ = 0;  ///< of addresses_: the one to be tried after this one
    Milliseconds began_ = 0, share_ = 0;
    int error_ = 0;  ///< of the last attempt
};

}  // namespace minetd

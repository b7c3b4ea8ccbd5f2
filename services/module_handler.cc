// SPDX-License-Identifier: ISC
// A module as a handler: its callbacks are steps, and the functions it may call are a connection's.
#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <new>
#include <stdexcept>
#include <vector>

#include "services/module.h"
#include "services/service_context.h"

namespace minetd {
namespace {

class ModuleHandler;

}  // namespace
}  // namespace minetd

/// What a callback is given, for as long as it runs.
struct minetd_connection {
    minetd::Connection& connection;
    const minetd::ModuleHandler& handler;
    minetd::BlockingStream* stream = nullptr;  ///< null in a step
};

struct minetd_datagram {
    minetd::Datagram& datagram;
};

namespace minetd {
namespace {

/// A module's state of one connection; it goes with the connection, whatever ends it.
struct State {
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State();

    const ModuleHandler* handler = nullptr;
    void* value = nullptr;
};

class ModuleHandler final : public Handler {
  public:
    ModuleHandler(const Module& module, const ServiceContext& context, LogLine log);
    ~ModuleHandler() override;

    Next on_open(Connection& connection) noexcept override {
        return step(module_.on_open, "on_open", connection);
    }
    Next on_input(Connection& connection) noexcept override {
        return step(module_.on_input, "on_input", connection);
    }
    Next on_drained(Connection& connection) noexcept override {
        return step(module_.on_drained, "on_drained", connection);
    }
    void serve(BlockingStream& stream) noexcept override;
    void on_datagram(Datagram& datagram) noexcept override {
        const auto turn = take_turn();
        minetd_datagram wrapped{datagram};
        if (module_.on_datagram != nullptr) module_.on_datagram(service_, &wrapped);
    }
    void on_close(void* state) const noexcept {
        if (state == nullptr || module_.on_close == nullptr) return;
        const auto turn = take_turn();
        module_.on_close(service_, state);
    }

    State& state_of(Connection& connection) const {
        State& state = connection.state<State>();
        state.handler = this;
        return state;
    }

  private:
    /// What the module sees, and the way back from it.
    struct Context : minetd_context {
        const ModuleHandler* handler;
    };
    using Step = int (*)(void*, minetd_connection*);

    static void log(const minetd_context* context, int level, const char* text) noexcept;
    Next step(Step take, const char* name, Connection& connection) noexcept;
    /// Connections end on any thread, so a module that is not thread-safe is guarded here.
    std::unique_lock<std::mutex> take_turn() const noexcept {
        return traits().thread_safe ? std::unique_lock<std::mutex>()
                                    : std::unique_lock<std::mutex>(turn_);
    }

    mutable std::mutex turn_;
    minetd_service module_;
    std::string service_name_;
    std::vector<const char*> arguments_;
    LogLine log_;
    Context context_{};
    void* service_ = nullptr;
};

State::~State() {
    if (handler != nullptr) handler->on_close(value);
}

// -- what a module may call

int memory_or(auto&& body) noexcept {
    try {
        body();
        return 0;
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return -1;
    }
}

const sockaddr* tell(const SocketAddress& address, socklen_t* length) noexcept {
    *length = address.length;
    return address.raw();
}

const sockaddr* peer(minetd_connection* self, socklen_t* length) noexcept {
    return tell(self->connection.peer(), length);
}

const sockaddr* local(minetd_connection* self, socklen_t* length) noexcept {
    return tell(self->connection.local(), length);
}

void* state(minetd_connection* self) noexcept {
    void* value = nullptr;
    memory_or([&] { value = self->handler.state_of(self->connection).value; });
    return value;
}

int set_state(minetd_connection* self, void* value) noexcept {
    return memory_or([&] { self->handler.state_of(self->connection).value = value; });
}

int send(minetd_connection* self, const void* bytes, std::size_t size) noexcept {
    return memory_or([&] { self->connection.send({static_cast<const char*>(bytes), size}); });
}

int send_file(minetd_connection* self, int file, off_t offset, std::uint64_t length) noexcept {
    UniqueFd copy(::fcntl(file, F_DUPFD_CLOEXEC, 3));
    if (!copy) return -1;
    return memory_or([&] {
        auto shared = std::make_shared<const UniqueFd>(std::move(copy));
        self->connection.send_file(std::move(shared), offset, length);
    });
}

std::size_t owed(minetd_connection* self) noexcept {
    return self->connection.owed();
}

void set_idle_timeout(minetd_connection* self, std::uint32_t seconds) noexcept {
    self->connection.set_idle_timeout(seconds);
}

int input_ended(minetd_connection* self) noexcept {
    return self->connection.input_ended() ? 1 : 0;
}

const char* input(minetd_connection* self, std::size_t* size) noexcept {
    const std::string_view held = self->connection.input();
    *size = held.size();
    return held.empty() ? nullptr : held.data();
}

void consume(minetd_connection* self, std::size_t size) noexcept {
    self->connection.consume(std::min(size, self->connection.input().size()));
}

void set_read_ahead(minetd_connection* self, std::size_t bytes) noexcept {
    self->connection.set_read_ahead(std::max<std::size_t>(bytes, 1));
}

ssize_t read(minetd_connection* self, void* room, std::size_t size) noexcept {
    if (self->stream != nullptr) return self->stream->read({static_cast<char*>(room), size});
    errno = ENOTSUP;
    return -1;
}

int write(minetd_connection* self, const void* bytes, std::size_t size) noexcept {
    if (self->stream == nullptr) {
        errno = ENOTSUP;
        return -1;
    }
    return self->stream->write({static_cast<const char*>(bytes), size}) ? 0 : -1;
}

const void* payload(minetd_datagram* self, std::size_t* size) noexcept {
    *size = self->datagram.payload().size();
    return self->datagram.payload().data();
}

const sockaddr* datagram_peer(minetd_datagram* self, socklen_t* length) noexcept {
    return tell(self->datagram.peer(), length);
}

int reply(minetd_datagram* self, const void* bytes, std::size_t size) noexcept {
    return memory_or([&] { self->datagram.reply({static_cast<const char*>(bytes), size}); });
}

// -- the handler

void ModuleHandler::log(const minetd_context* context, int level, const char* text) noexcept {
    const ModuleHandler& self = *static_cast<const Context*>(context)->handler;
    const int bounded = std::clamp(level, static_cast<int>(Level::error), int{7});
    memory_or([&] { self.log_(static_cast<Level>(bounded), self.service_name_ + ": " + text); });
}

HandlerTraits traits_of(const minetd_service& module) noexcept {
    const auto is = [&module](std::uint32_t flag) { return (module.flags & flag) != 0; };
    const bool blocking = is(MINETD_STREAM) && module.serve != nullptr;
    return {.stream = is(MINETD_STREAM),
            .datagram = is(MINETD_DATAGRAM),
            .thread_safe = is(MINETD_THREAD_SAFE),
            .never_blocks = !is(MINETD_MAY_BLOCK) && !blocking,
            .client_speaks_first = is(MINETD_CLIENT_SPEAKS_FIRST),
            .blocking = blocking,
            .evictable = is(MINETD_EVICTABLE)};
}

ModuleHandler::ModuleHandler(const Module& module, const ServiceContext& context, LogLine log)
    : module_(module.service()), service_name_(context.service), log_(std::move(log)) {
    for (const std::string& argument : context.arguments) arguments_.push_back(argument.c_str());
    static constexpr minetd_host host = {.size = sizeof host,
                                         .abi = MINETD_SERVICE_ABI,
                                         .log = ModuleHandler::log,
                                         .peer = peer,
                                         .local = local,
                                         .state = state,
                                         .set_state = set_state,
                                         .send = send,
                                         .send_file = send_file,
                                         .owed = owed,
                                         .set_idle_timeout = set_idle_timeout,
                                         .input_ended = input_ended,
                                         .input = input,
                                         .consume = consume,
                                         .set_read_ahead = set_read_ahead,
                                         .read = read,
                                         .write = write,
                                         .payload = payload,
                                         .datagram_peer = datagram_peer,
                                         .reply = reply};
    context_.size = sizeof(minetd_context);
    context_.idle_timeout = context.idle_timeout;
    context_.host = &host;
    context_.service = service_name_.c_str();
    context_.argument_count = arguments_.size();
    arguments_.push_back(nullptr);
    context_.arguments = arguments_.data();
    context_.handler = this;
    declare(traits_of(module_));
    char error[200] = "";
    if (module_.open == nullptr || module_.open(&context_, &service_, error, sizeof error) == 0)
        return;
    error[sizeof error - 1] = '\0';
    throw std::runtime_error(fmt::format("the module {} does not start: {}", module.file(),
                                         error[0] == '\0' ? "it does not say why" : error));
}

ModuleHandler::~ModuleHandler() {
    if (module_.close != nullptr) module_.close(service_);
}

void ModuleHandler::serve(BlockingStream& stream) noexcept {
    const auto turn = take_turn();
    minetd_connection connection{stream.connection(), *this, &stream};
    module_.serve(service_, &connection);
    // Not when the driver has done with the connection: by then it may be another one's turn.
    void* const held = state(&connection);
    if (held == nullptr || module_.on_close == nullptr) return;
    set_state(&connection, nullptr);
    module_.on_close(service_, held);
}

Next ModuleHandler::step(Step take, const char* name, Connection& connection) noexcept {
    if (take == nullptr) return Next::read;
    const auto turn = take_turn();
    minetd_connection wrapped{connection, *this};
    const int next = take(service_, &wrapped);
    switch (next) {
        case MINETD_READ:
            return Next::read;
        case MINETD_WRITE:
            // Nothing to wait for is no reason to wait.
            return connection.owed() == 0 ? Next::read : Next::write;
        case MINETD_CLOSE:
            return Next::close;
    }
    const std::string text = fmt::format(
        "{} returned {}, which is no minetd_next; the connection is closed", name, next);
    log(&context_, static_cast<int>(Level::error), text.c_str());
    return Next::close;
}

}  // namespace

std::unique_ptr<Handler> make_module_handler(const Module& module, const ServiceContext& context,
                                             LogLine log) {
    return std::make_unique<ModuleHandler>(module, context, std::move(log));
}

}  // namespace minetd

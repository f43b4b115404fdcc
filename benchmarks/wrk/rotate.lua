-- Sends requests no two of which are equal, and tells what came of them as JSON.
--
-- wrk … -s rotate.lua URL -- REQUEST CONSTANTS START
--
-- REQUEST is a file of three lines: the method, the Accept header, and the path, in which
-- "@S@" stands for a line of the file CONSTANTS (the next at each request) and "@N@" for a
-- number that no other request has. START is the first number.

local pieces, constants, number = {}, {}, 0

function init(args)
  local lines = io.lines(args[1])
  local method, accept, path = lines(), lines(), lines()
  for line in io.lines(args[2]) do
    constants[#constants + 1] = line
  end
  number = tonumber(args[3])
  local text = method .. " " .. path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port
    .. "\r\nAccept: " .. accept .. "\r\n\r\n"
  local at = 1
  for before, mark, after in text:gmatch("()@([SN])@()") do
    pieces[#pieces + 1] = text:sub(at, before - 1)
    pieces[#pieces + 1] = mark
    at = after
  end
  pieces[#pieces + 1] = text:sub(at)
end

function request()
  number = number + 1
  local constant = constants[number % #constants + 1]
  local filled = {}
  for place, piece in ipairs(pieces) do
    if place % 2 == 1 then
      filled[place] = piece
    elseif piece == "S" then
      filled[place] = constant
    else
      filled[place] = number
    end
  end
  return table.concat(filled)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "p50_ms": %.4f, "p99_ms": %.4f, '
      .. '"refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end

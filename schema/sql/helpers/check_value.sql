-- Checks a value against the part of a JSON schema that SQL can hold cheaply: type, enum, and for objects the required
-- and unknown keys and the type and enum of each property. The API and the handlers check schemas whole.
create or replace function pgswarm.json_type_fits(wanted text, value jsonb) returns boolean
language sql immutable parallel safe as $$
  select case wanted
    when 'integer' then jsonb_typeof(value) = 'number' and (value #>> '{}')::numeric % 1 = 0
    else jsonb_typeof(value) = wanted
  end
$$;

-- Whether a value is an element of a JSON array: equal to it, where `@>` would take a part of an object for the whole.
create or replace function pgswarm.is_one_of(value jsonb, elements jsonb) returns boolean
language sql immutable parallel safe as $$
  select exists (select from jsonb_array_elements(elements) e where e = is_one_of.value)
$$;

create or replace function pgswarm.check_value(field text, schema jsonb, value jsonb) returns void
language plpgsql immutable as $$
declare
  v_key text;
  v_type jsonb := schema -> 'type';
begin
  if schema is null or jsonb_typeof(schema) <> 'object' then
    return;
  end if;
  if v_type is not null and not exists (
    select 1
      from jsonb_array_elements_text(case jsonb_typeof(v_type) when 'array' then v_type else jsonb_build_array(v_type) end) t
     where pgswarm.json_type_fits(t, check_value.value)
  ) then
    raise exception '% must be of type %, not %', field, v_type #>> '{}', jsonb_typeof(value)
      using errcode = 'PS422', detail = field, hint = 'give a value that fits the schema';
  end if;
  if jsonb_typeof(schema -> 'enum') = 'array' and not pgswarm.is_one_of(value, schema -> 'enum') then
    raise exception '% must be one of %', field, schema -> 'enum'
      using errcode = 'PS422', detail = field, hint = 'give one of the values listed';
  end if;
  if jsonb_typeof(value) <> 'object' then
    return;
  end if;
  for v_key in select k from jsonb_array_elements_text(coalesce(schema -> 'required', '[]')) k where not check_value.value ? k loop
    raise exception '%.% is missing', field, v_key
      using errcode = 'PS422', detail = field || '.' || v_key, hint = 'add it: the schema requires it';
  end loop;
  for v_key in select k from jsonb_object_keys(value) k loop
    if schema -> 'properties' ? v_key then
      if schema #> array['properties', v_key, 'type'] is not null or schema #> array['properties', v_key, 'enum'] is not null then
        perform pgswarm.check_value(
          field || '.' || v_key,
          (schema #> array['properties', v_key]) - array['properties', 'required', 'additionalProperties'],
          value -> v_key);
      end if;
    elsif schema -> 'additionalProperties' = 'false' then
      raise exception '%.% is not known', field, v_key
        using errcode = 'PS422', detail = field || '.' || v_key,
              hint = 'known: ' || coalesce((select string_agg(k, ', ') from jsonb_object_keys(schema -> 'properties') k), 'none');
    end if;
  end loop;
end
$$;

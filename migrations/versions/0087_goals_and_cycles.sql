-- An element serves several goals; looking back (question VII) is asked in each cycle, from one review to the next.
SET LOCAL lock_timeout = '5s';

ALTER TABLE question ADD COLUMN cycle INTEGER DEFAULT 1 NOT NULL;
ALTER TABLE question DROP CONSTRAINT question_case_id_position_key;
ALTER TABLE question ADD CONSTRAINT question_case_id_position_cycle_key UNIQUE (case_id, position, cycle);

ALTER TABLE arrangement_element ADD COLUMN goal_ids UUID[] DEFAULT '{}' NOT NULL;
ALTER TABLE element_change ADD COLUMN goal_ids UUID[] DEFAULT '{}' NOT NULL;

-- Servers of the version before read and write `goal_id` until the last of them has ended.
CREATE FUNCTION take_over_goal() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    NEW.goal_ids := array_remove(ARRAY[NEW.goal_id], NULL);
    IF TG_TABLE_NAME = 'element_change' THEN
        NEW.changed := array_replace(NEW.changed, 'goal_id', 'goal_ids');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER element_change_serves BEFORE INSERT ON element_change
FOR EACH ROW WHEN (NEW.goal_id IS NOT NULL OR 'goal_id' = ANY (NEW.changed)) EXECUTE FUNCTION take_over_goal();
CREATE TRIGGER arrangement_element_serves BEFORE INSERT ON arrangement_element
FOR EACH ROW WHEN (NEW.goal_id IS NOT NULL) EXECUTE FUNCTION take_over_goal();
CREATE TRIGGER arrangement_element_serves_another BEFORE UPDATE OF goal_id ON arrangement_element
FOR EACH ROW WHEN (NEW.goal_id IS DISTINCT FROM OLD.goal_id) EXECUTE FUNCTION take_over_goal();
